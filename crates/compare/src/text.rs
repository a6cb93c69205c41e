//! Text diffs by words (Unicode word boundaries, so that scripts without spaces are compared by character) and by lines.
//!
//! Laws, kept by `tests/laws.rs`: the joins of the two sides of `ops` are exactly the two texts; equal operations hold
//! the same text on both sides; swapping the texts swaps the sides and nothing else.
//! Offsets are characters. There is no deadline: the result never depends on how fast the machine is.

use crate::anchors;
use serde::{Deserialize, Serialize};
use similar::DiffableStr;
use std::collections::HashMap;

/// A common run of whitespace and punctuation between two changes is folded into them up to this many characters:
/// three words replaced by three others read as one replacement, not as three with the spaces kept.
const ISLAND_CHARS: usize = 3;

/// What happened to a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// On both sides.
    Equal,
    /// In the first text only.
    Delete,
    /// In the second text only.
    Insert,
    /// Another text on each side.
    Replace,
}

/// One operation. Operations come in order; neighbours never have the same kind of change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextOp {
    /// What happened.
    pub op: Op,
    /// Text of the first side; empty for an insertion.
    pub a: String,
    /// Text of the second side; empty for a deletion.
    pub b: String,
    /// First character of `a` in the first text.
    pub a_start: usize,
    /// One past its last character.
    pub a_end: usize,
    /// First character of `b` in the second text.
    pub b_start: usize,
    /// One past its last character.
    pub b_end: usize,
}

/// The difference of two texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextDiff {
    /// 0 (nothing in common) to 1 (the same text): twice the common characters over all characters.
    pub similarity: f64,
    /// Operations from start to end.
    pub ops: Vec<TextOp>,
}

impl TextDiff {
    /// Words that differ: of each change the side with more words, and 1 where only signs or spaces changed.
    pub fn changed_words(&self) -> usize {
        let words = |text: &str| {
            text.tokenize_unicode_words().iter().filter(|token| token.contains(char::is_alphanumeric)).count()
        };
        let changes = self.ops.iter().filter(|op| op.op != Op::Equal);
        changes.map(|op| words(&op.a).max(words(&op.b)).max(1)).sum()
    }
}

/// Compares two texts word by word.
pub fn diff_words(a: &str, b: &str) -> TextDiff {
    mirrored(a, b, |a, b| bridge_islands(a, joined(words(a, b))))
}

/// Compares two texts line by line; a line keeps its line break.
pub fn diff_lines(a: &str, b: &str) -> TextDiff {
    mirrored(a, b, |a, b| align(&a.tokenize_lines(), &b.tokenize_lines()))
}

/// Similarity of two texts by words, 0 to 1, without building the operations' texts.
pub fn similarity(a: &str, b: &str) -> f64 {
    diff_words(a, b).similarity
}

/// A run of tokens, both sides as slices of the texts. `a == b` for a common run.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    equal: bool,
    a_bytes: usize,
    b_bytes: usize,
}

/// Computes with the sides in a fixed order and turns the result round, so that roles are symmetric by construction.
fn mirrored(a: &str, b: &str, pieces: impl Fn(&str, &str) -> Vec<Piece>) -> TextDiff {
    let swap = (a.len(), a) > (b.len(), b);
    let mut pieces = if swap { pieces(b, a) } else { pieces(a, b) };
    if swap {
        for piece in &mut pieces {
            std::mem::swap(&mut piece.a_bytes, &mut piece.b_bytes);
        }
    }
    build(a, b, &joined(pieces))
}

/// Aligns two token lists. Tokens become numbers first: comparing numbers is what makes large texts quick.
fn align(a: &[&str], b: &[&str]) -> Vec<Piece> {
    let mut numbers: HashMap<&str, u32> = HashMap::with_capacity(a.len() / 2 + 16);
    let mut number = |token| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(token).or_insert(next)
    };
    let left: Vec<u32> = a.iter().map(|&token| number(token)).collect();
    let right: Vec<u32> = b.iter().map(|&token| number(token)).collect();
    let bytes =
        |tokens: &mut std::slice::Iter<'_, &str>, n: usize| -> usize { tokens.by_ref().take(n).map(|t| t.len()).sum() };
    let (mut tokens_a, mut tokens_b) = (a.iter(), b.iter());
    anchors::align(&left, &right)
        .into_iter()
        .map(|run| Piece {
            equal: run.equal,
            a_bytes: bytes(&mut tokens_a, run.a),
            b_bytes: bytes(&mut tokens_b, run.b),
        })
        .collect()
}

/// Aligns chunks first, which are cheap to find, and words only where chunks differ.
fn words(a: &str, b: &str) -> Vec<Piece> {
    let (mut rest_a, mut rest_b) = (a, b);
    let mut pieces = Vec::new();
    for piece in joined(align(&chunks(a), &chunks(b))) {
        let (old, after_a) = rest_a.split_at(piece.a_bytes);
        let (new, after_b) = rest_b.split_at(piece.b_bytes);
        (rest_a, rest_b) = (after_a, after_b);
        if piece.equal || old.is_empty() || new.is_empty() {
            pieces.push(piece);
        } else {
            pieces.extend(align(&old.tokenize_unicode_words(), &new.tokenize_unicode_words()));
        }
    }
    pieces
}

/// Words with the whitespace after them; in scripts without spaces, clauses.
fn chunks(text: &str) -> Vec<&str> {
    text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '。' | '，' | '、' | '！' | '？' | '；' | '：'))
        .collect()
}

/// Joins neighbours of the same kind and drops empty ones.
fn joined(pieces: impl IntoIterator<Item = Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match out.last_mut() {
            _ if piece.a_bytes + piece.b_bytes == 0 => {}
            Some(last) if last.equal == piece.equal => {
                last.a_bytes += piece.a_bytes;
                last.b_bytes += piece.b_bytes;
            }
            _ => out.push(piece),
        }
    }
    out
}

/// Folds a short common run without a letter or digit that stands between two replacements into one replacement.
/// A pure deletion or insertion beside it stays apart, as there the run really is common.
fn bridge_islands(a: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut at = 0;
    let folds: Vec<bool> = (0..pieces.len())
        .map(|i| {
            let piece = pieces[i];
            let text = a.get(at..at + piece.a_bytes).unwrap_or_default();
            at += piece.a_bytes;
            let both_sides = |piece: Option<&Piece>| piece.is_some_and(|p| !p.equal && p.a_bytes > 0 && p.b_bytes > 0);
            piece.equal
                && !text.contains('\n')
                && text.chars().count() <= ISLAND_CHARS
                && !text.chars().any(char::is_alphanumeric)
                && both_sides(i.checked_sub(1).and_then(|before| pieces.get(before)))
                && both_sides(pieces.get(i + 1))
        })
        .collect();
    joined(pieces.into_iter().zip(folds).map(|(piece, fold)| Piece { equal: piece.equal && !fold, ..piece }))
}

fn build(a: &str, b: &str, pieces: &[Piece]) -> TextDiff {
    let (mut rest_a, mut rest_b) = (a, b);
    let (mut chars_a, mut chars_b, mut common) = (0, 0, 0);
    let mut ops = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (old, after_a) = rest_a.split_at(piece.a_bytes);
        let (new, after_b) = rest_b.split_at(piece.b_bytes);
        (rest_a, rest_b) = (after_a, after_b);
        let (n_old, n_new) = (old.chars().count(), new.chars().count());
        let op = match (piece.equal, old.is_empty(), new.is_empty()) {
            (true, ..) => {
                common += n_old;
                Op::Equal
            }
            (false, false, true) => Op::Delete,
            (false, true, _) => Op::Insert,
            (false, false, false) => Op::Replace,
        };
        ops.push(TextOp {
            op,
            a: old.to_owned(),
            b: new.to_owned(),
            a_start: chars_a,
            a_end: chars_a + n_old,
            b_start: chars_b,
            b_end: chars_b + n_new,
        });
        chars_a += n_old;
        chars_b += n_new;
    }
    TextDiff { similarity: ratio(2 * common, chars_a + chars_b), ops }
}

#[expect(clippy::cast_precision_loss, reason = "texts are shorter than 2^52 characters")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
