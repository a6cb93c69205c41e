//! Cuts texts into the words of the full-text index; the query goes through the same function.
//!
//! A word is a run of letters and digits. Case, compatibility forms and diacritics are folded. Runs of Chinese, Japanese,
//! Korean, Thai, Lao, Khmer and Burmese become overlapping pairs of characters, the last character alone, so that a word
//! is found inside a run. Punctuation separates, so that an identifier becomes the phrase of its parts. A symbol (emoji,
//! arrow) is a word of its own. Offsets are bytes of the original text.

use retake_query::{Form, Words};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, decompose_canonical, is_combining_mark};

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Folded.
    pub text: String,
    /// First byte in the original.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Last character of a run that is cut into pairs.
    run_end: bool,
}

/// Words of a text for the index, separated by blanks.
pub(crate) fn for_index(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    if text.is_ascii() {
        let mut open = false;
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() {
                out.push(char::from(byte.to_ascii_lowercase()));
                open = true;
            } else if open {
                out.push(' ');
                open = false;
            }
        }
        return out;
    }
    each_token(text, &mut |token| {
        out.push_str(&token.text);
        out.push(' ');
    });
    out
}

/// Stands between values that share a row of the index. No text is cut into it, so that no phrase reaches over it.
const BETWEEN: &str = "\u{2016}";

/// Adds the words of a further value to a row of the index.
pub(crate) fn append_value(row: &mut String, words: &str) {
    if words.is_empty() {
        return;
    }
    if !row.is_empty() {
        row.push(' ');
        row.push_str(BETWEEN);
        row.push(' ');
    }
    row.push_str(words);
}

/// Words of a text with their places.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut all = Vec::new();
    each_token(text, &mut |token| all.push(token));
    all
}

/// What to look for: words that follow each other, the last one perhaps only as a beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sought {
    words: Vec<String>,
    last_is_prefix: bool,
}

impl Sought {
    /// `None` when the text holds no word at all.
    pub(crate) fn new(words: &Words) -> Option<Self> {
        let mut cut = tokens(&words.text);
        let mut last_is_prefix = words.form == Form::Prefix;
        if let Some(last) = cut.last()
            && last.run_end
        {
            let alone = cut.len() == 1 || cut.get(cut.len() - 2).is_some_and(|before| before.end <= last.start);
            if alone {
                // One character of a run: it begins every pair that it stands first in.
                last_is_prefix = true;
            } else {
                // The pair before it says it already; alone it would ask that the text's run ends here.
                cut.pop();
                last_is_prefix = false;
            }
        }
        if cut.is_empty() {
            return None;
        }
        Some(Self { words: cut.into_iter().map(|token| token.text).collect(), last_is_prefix })
    }

    /// In the language of FTS5.
    pub(crate) fn to_fts(&self) -> String {
        let star = if self.last_is_prefix { " *" } else { "" };
        format!("\"{}\"{star}", self.words.join(" "))
    }

    /// First place in a text: bytes.
    pub(crate) fn find(&self, text: &str) -> Option<(usize, usize)> {
        if !self.may_hold(text) {
            return None;
        }
        let tokens = tokens(text);
        let n = self.words.len();
        tokens.windows(n).find(|window| self.fits(window)).and_then(|window| {
            let (first, last) = (window.first()?, window.last()?);
            Some((first.start, last.end))
        })
    }

    /// False when the first word stands nowhere in the text: most texts are passed over without being cut into words.
    fn may_hold(&self, text: &str) -> bool {
        let Some(word) = self.words.first() else { return false };
        !text.is_ascii() || memchr::memmem::find(text.to_ascii_lowercase().as_bytes(), word.as_bytes()).is_some()
    }

    fn fits(&self, window: &[Token]) -> bool {
        let last = self.words.len() - 1;
        self.words.iter().zip(window).enumerate().all(|(at, (word, token))| {
            if at == last && self.last_is_prefix { token.text.starts_with(word.as_str()) } else { token.text == *word }
        })
    }
}

fn each_token(text: &str, emit: &mut dyn FnMut(Token)) {
    let mut word = String::new();
    let mut word_start = 0;
    let mut run: Vec<(usize, usize, char)> = Vec::new();
    for (start, raw) in text.char_indices() {
        let end = start + raw.len_utf8();
        if raw.is_ascii() {
            if !run.is_empty() {
                flush_run(&mut run, emit);
            }
            if raw.is_ascii_alphanumeric() {
                if word.is_empty() {
                    word_start = start;
                }
                word.push(raw.to_ascii_lowercase());
            } else {
                flush_word(&mut word, word_start, start, emit);
            }
            continue;
        }
        for c in std::iter::once(raw).nfkc() {
            match class(c, !word.is_empty()) {
                Class::Letter => {
                    flush_run(&mut run, emit);
                    if word.is_empty() {
                        word_start = start;
                    }
                    fold(c, &mut word);
                }
                Class::Run => {
                    flush_word(&mut word, word_start, start, emit);
                    if run.last().is_some_and(|last| last.1 < start) {
                        flush_run(&mut run, emit);
                    }
                    run.push((start, end, c));
                }
                Class::Symbol => {
                    flush_word(&mut word, word_start, start, emit);
                    flush_run(&mut run, emit);
                    emit(Token { text: c.to_string(), start, end, run_end: false });
                }
                Class::Joiner => {}
                Class::Gap => {
                    flush_word(&mut word, word_start, start, emit);
                    flush_run(&mut run, emit);
                }
            }
        }
    }
    flush_word(&mut word, word_start, text.len(), emit);
    flush_run(&mut run, emit);
}

fn flush_word(word: &mut String, start: usize, end: usize, emit: &mut dyn FnMut(Token)) {
    if !word.is_empty() {
        emit(Token { text: std::mem::take(word), start, end, run_end: false });
    }
}

fn flush_run(run: &mut Vec<(usize, usize, char)>, emit: &mut dyn FnMut(Token)) {
    for pair in run.windows(2) {
        if let [a, b] = pair {
            emit(Token { text: [a.2, b.2].iter().collect(), start: a.0, end: b.1, run_end: false });
        }
    }
    if let Some(last) = run.last() {
        emit(Token { text: last.2.to_string(), start: last.0, end: last.1, run_end: true });
    }
    run.clear();
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Run,
    Symbol,
    /// Part of what stands before it: variation selectors, joiners, marks.
    Joiner,
    Gap,
}

fn class(c: char, in_word: bool) -> Class {
    match u32::from(c) {
        // Thai, Lao, Burmese, Khmer: marks and vowels belong to the run.
        0x0E01..=0x0E3A | 0x0E40..=0x0E59 | 0x0E80..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Class::Run,
        // Hangul, kana, bopomofo, ideographs.
        0x1100..=0x11FF
        | 0x3005..=0x3007
        | 0x3041..=0x30FA
        | 0x30FC..=0x318F
        | 0x31A0..=0x31BF
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xA960..=0xA97F
        | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF
        | 0x2_0000..=0x3_FFFF => Class::Run,
        0x200B..=0x200D | 0x2060 | 0xFE00..=0xFE0F | 0xE_0020..=0xE_007F | 0x0640 | 0x00AD | 0xFEFF => Class::Joiner,
        0x2190..=0x2BFF | 0x1_F000..=0x1_FBFF => Class::Symbol,
        _ if c.is_alphanumeric() => Class::Letter,
        _ if is_combining_mark(c) => {
            if in_word {
                Class::Letter
            } else {
                Class::Joiner
            }
        }
        _ => Class::Gap,
    }
}

/// Lower case without diacritics. Marks of scripts that cannot be read without them stay.
fn fold(c: char, word: &mut String) {
    match c {
        'ß' | 'ẞ' => word.push_str("ss"),
        'æ' | 'Æ' => word.push_str("ae"),
        'œ' | 'Œ' => word.push_str("oe"),
        'ø' | 'Ø' => word.push('o'),
        'ł' | 'Ł' => word.push('l'),
        'đ' | 'Đ' | 'ð' | 'Ð' => word.push('d'),
        'þ' | 'Þ' => word.push_str("th"),
        'ı' | 'İ' => word.push('i'),
        'ς' => word.push('σ'),
        _ if folds_marks(c) => decompose_canonical(c, |piece| {
            if canonical_combining_class(piece) == 0 {
                word.extend(piece.to_lowercase());
            }
        }),
        _ => word.extend(c.to_lowercase()),
    }
}

/// Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, and their marks.
fn folds_marks(c: char) -> bool {
    matches!(u32::from(c), 0x00..=0x08FF | 0x1D00..=0x1FFF | 0x2C60..=0x2C7F | 0xA720..=0xA7FF | 0xFB1D..=0xFDFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str, words: &str, form: Form) -> bool {
        let sought = Sought::new(&Words { text: words.to_owned(), form });
        sought.is_some_and(|sought| sought.find(text).is_some())
    }

    #[test]
    fn words_are_found_as_people_mean_them() {
        let word = |text, words| finds(text, words, Form::Word);
        assert!(word("Die Rückzahlung für Straße 5", "ruckzahlung"));
        assert!(word("Die Rückzahlung für Straße 5", "STRASSE"));
        assert!(word("Vie\u{302}\u{323}t Nam", "việt") && word("VIỆT", "viet"));
        assert!(word("退款政策在三十天内有效", "政策") && word("退款政策在三十天内有效", "退款政策"));
        assert!(word("退款政策在三十天内有效", "策") && word("退款政策在三十天内有效", "效"));
        assert!(!word("退款政策在三十天内有效", "款策"));
        assert!(word("นโยบายการคืนเงิน", "คืนเงิน") && word("こんにちは世界", "世界"));
        assert!(word("سياسة الاسترداد", "الاسترداد") && word("السِّيَاسَة", "السياسة") && word("أحمد", "احمد"));
        assert!(word("thanks 👍🏽 bye", "👍") && word("❤️", "❤") && word("a→b", "→"));
        assert!(word("order_id=AB-123;", "order_id=AB-123") && word("x AB 123", "ab-123"));
        assert!(!word("AB-1234", "AB-123") && finds("AB-1234", "AB-123", Form::Prefix));
        assert!(finds("within thirty\n  days of", "thirty days", Form::Phrase));
        assert!(!finds("days thirty", "thirty days", Form::Phrase));
        assert!(finds("GPT模型很好", "gpt模型", Form::Word) && finds("ＡＢＣ１", "abc1", Form::Word));
        assert!(!word("refunds", "refund") && finds("refunds", "refund", Form::Prefix));
        assert!(!word("anything", "--") && !word("anything", ""));
        assert!(word("हिन्दी में", "हिन्दी") && word("ΌΔΟΣ", "οδος"));
    }

    #[test]
    fn the_index_and_the_places_agree() {
        for text in
            ["plain words, AB-12", "Ünïcode 政策 x", "𝔘nicode ﬁne", "नमस्ते 🇩🇪", "a\u{301}b", "퇴직금 규정", "พ.ศ."]
        {
            let joined: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
            assert_eq!(for_index(text).split_whitespace().collect::<Vec<_>>(), joined, "{text}");
            for token in tokens(text) {
                assert!(text.get(token.start..token.end).is_some(), "{text}: {token:?}");
            }
        }
    }
}
