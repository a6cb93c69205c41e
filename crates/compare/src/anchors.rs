//! Alignment of long token lists: runs of tokens that occur once on each side are anchors, the longest increasing chain
//! of anchors cuts both lists into gaps, and gaps are aligned on their own, small ones by Myers' algorithm. That keeps
//! two long answers quick to compare, where Myers alone takes (length × differences) steps.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// Lengths of anchor runs that are tried, in tokens.
const RUNS: [usize; 3] = [4, 2, 1];
/// Up to this many tokens on the longer side Myers is quick whatever the texts are.
const SMALL: usize = 256;
/// Gaps of which fewer than one run of two in this many is on both sides are a replacement as a whole.
const FEW: usize = 16;
/// Nested gaps beyond this depth go to Myers, so that no input can nest without end.
const DEPTH: usize = 24;

/// So many tokens of each side, in common (then `a == b`) or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) equal: bool,
    pub(crate) a: usize,
    pub(crate) b: usize,
}

/// Aligns two lists; the runs cover both from start to end.
pub(crate) fn align(a: &[u32], b: &[u32]) -> Vec<Run> {
    let mut runs = Vec::new();
    gap(a, b, DEPTH, &mut runs);
    runs
}

fn gap(a: &[u32], b: &[u32], depth: usize, out: &mut Vec<Run>) {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    out.push(Run { equal: true, a: head, b: head });
    if a.is_empty() || b.is_empty() {
        out.push(Run { equal: false, a: a.len(), b: b.len() });
    } else if a.len().max(b.len()) <= SMALL || depth == 0 {
        myers(a, b, out);
    } else if let Some((length, chain)) = RUNS.iter().find_map(|&length| Some((length, chain(a, b, length)?))) {
        let (mut at_a, mut at_b) = (0_usize, 0_usize);
        for (i, j) in chain {
            // The next anchor may overlap the last one. On the same diagonal it only prolongs it.
            let overlap = at_a.saturating_sub(i).max(at_b.saturating_sub(j));
            if overlap >= length || (overlap > 0 && at_a + j != at_b + i) {
                continue;
            }
            let (i, j) = (i + overlap, j + overlap);
            gap(&a[at_a..i], &b[at_b..j], depth - 1, out);
            let n = length - overlap;
            out.push(Run { equal: true, a: n, b: n });
            (at_a, at_b) = (i + n, j + n);
        }
        gap(&a[at_a..], &b[at_b..], depth - 1, out);
    } else if unlike(a, b) {
        out.push(Run { equal: false, a: a.len(), b: b.len() });
    } else {
        myers(a, b, out);
    }
    out.push(Run { equal: true, a: tail, b: tail });
}

fn myers(a: &[u32], b: &[u32], out: &mut Vec<Run>) {
    out.extend(capture_diff_slices(Algorithm::Myers, a, b).into_iter().map(|op| match op {
        DiffOp::Equal { len, .. } => Run { equal: true, a: len, b: len },
        op => Run { equal: false, a: op.old_range().len(), b: op.new_range().len() },
    }));
}

/// Where a run stands on each side, and how often it was seen there.
#[derive(Default, Clone, Copy)]
struct Seen {
    in_a: (u32, usize),
    in_b: (u32, usize),
}

/// The longest chain of runs that occur once on each side, in order on both. `None` when there is none.
fn chain(a: &[u32], b: &[u32], length: usize) -> Option<Vec<(usize, usize)>> {
    let mut seen: HashMap<&[u32], Seen> = HashMap::with_capacity(a.len());
    for (i, run) in a.windows(length).enumerate() {
        let seen = &mut seen.entry(run).or_default().in_a;
        *seen = (seen.0 + 1, i);
    }
    for (j, run) in b.windows(length).enumerate() {
        if let Some(Seen { in_b, .. }) = seen.get_mut(run) {
            *in_b = (in_b.0 + 1, j);
        }
    }
    let mut pairs: Vec<(usize, usize)> =
        seen.into_values().filter(|s| s.in_a.0 == 1 && s.in_b.0 == 1).map(|s| (s.in_a.1, s.in_b.1)).collect();
    pairs.sort_unstable();
    let chain = increasing(&pairs);
    (!chain.is_empty()).then_some(chain)
}

/// The longest subsequence whose second members increase (patience sorting); the first members do already.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tops: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (n, pair) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|&top| pairs[top].1 < pair.1);
        before.push(pile.checked_sub(1).map(|left| tops[left]));
        if pile == tops.len() { tops.push(n) } else { tops[pile] = n }
    }
    let mut chain = Vec::with_capacity(tops.len());
    let mut at = tops.last().copied();
    while let Some(n) = at {
        chain.push(pairs[n]);
        at = before[n];
    }
    chain.reverse();
    chain
}

/// True when the two sides have so few runs of two in common that aligning them would show nothing but chance.
fn unlike(a: &[u32], b: &[u32]) -> bool {
    let known: std::collections::HashSet<&[u32]> = a.windows(2).collect();
    let common = b.windows(2).filter(|run| known.contains(run)).count();
    common * FEW < b.len()
}
