//! Reading and writing the YAML of golden sets. Reading is serde-saphyr, strict (unknown fields, duplicate keys and YAML
//! 1.1 booleans are errors), with line and column. Writing is our own, for files that review well: a stable order, block
//! scalars for texts of several lines, quotation marks only where YAML needs them.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Deepest nesting of a file.
const MAX_DEPTH: usize = 160;

/// A place in a file, both from 1; 0 is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) at: Position,
    pub(crate) message: String,
}

/// A key or item that has no value, at the place where a parser found none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hole {
    /// The whole file is empty, or `null`.
    File,
    /// This key has none.
    Key(String),
    /// An item of a list is none.
    Item,
}

impl Hole {
    /// What is missing, in words; `keys` are those that such a file has.
    pub fn message(&self, keys: &[&str]) -> String {
        let quoted = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        match self {
            Self::File => format!("the file is empty; its keys are {}", quoted(keys)),
            Self::Key(key) => format!("`{key}` has no value; give it one or leave it out"),
            Self::Item => "an item of a list has no value".to_owned(),
        }
    }
}

/// What has no value at a place (from 1) where a parser expected one; `None` when something stands there. Parsers name
/// the type that they expected instead, which tells an author nothing.
pub fn hole_at(text: &str, line: u64, column: u64) -> Option<Hole> {
    let bare = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("---").unwrap_or(line);
        line.split(" #").next().unwrap_or_default().trim().to_owned()
    };
    let holds_nothing = |word: &str| matches!(word, "" | "~" | "null" | "Null" | "NULL");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    if lines.iter().all(|line| line.trim_start().starts_with('#') || holds_nothing(&bare(line)) || line.trim() == "...")
    {
        return Some(Hole::File);
    }
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let found = lines.get(at)?;
    let split = found.char_indices().nth(usize::try_from(column).ok()?.checked_sub(1)?).map_or(found.len(), |(i, _)| i);
    let (mut before, mut rest) = found.split_at(split);
    // The place is the colon behind a key, the word `null`, or the blank where a word would stand.
    if rest.starts_with(':') {
        (before, rest) = found.split_at(split + 1);
    }
    let word = rest.split([',', '}', ']', '#']).next().unwrap_or_default().trim();
    if !holds_nothing(word) {
        return None;
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let below = lines.iter().skip(at + 1).find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let goes_on = below.is_some_and(|next| {
        indent(next) > indent(found) || (indent(next) == indent(found) && next.trim_start().starts_with("- "))
    });
    if rest.trim().is_empty() && goes_on {
        return None;
    }
    let before = before.trim_end();
    match before.strip_suffix(':') {
        Some(head) => {
            let key =
                head.rsplit(|c: char| c.is_whitespace() || matches!(c, '{' | ',' | '[')).next().unwrap_or_default();
            let key = key.trim_matches(['"', '\'']);
            (!key.is_empty()).then(|| Hole::Key(key.to_owned()))
        }
        None => before.ends_with(['-', '[', ',']).then_some(Hole::Item),
    }
}

/// An error of a parser in the words of its author's file: what is missing there.
pub(crate) fn explain(text: &str, error: YamlError, required: &[&str]) -> YamlError {
    if let Some(hole) = hole_at(text, error.at.line, error.at.column) {
        let message = match &hole {
            Hole::Key(key) if required.contains(&key.as_str()) => format!("`{key}` is missing: it has no value"),
            other => other.message(required),
        };
        return YamlError { message, ..error };
    }
    let missing = error.message.strip_prefix("missing field ").map(|key| format!("{key} is missing"));
    YamlError { message: missing.unwrap_or(error.message), ..error }
}

/// Reads a document.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let mut budget = serde_saphyr::Budget::default();
    // Requests may nest as deep as an import allows, below the levels of the file itself.
    budget.max_depth = MAX_DEPTH;
    let options = serde_saphyr::options! {
        budget: Some(budget),
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at =
            error.location().map_or_else(Position::default, |at| Position { line: at.line(), column: at.column() });
        YamlError { at, message: message_of(&error) }
    })
}

/// The error's words on one line, without the place, which is given apart.
fn message_of(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let place = line.rfind(" at line ").or_else(|| line.rfind(" (line "));
    match place {
        Some(at) if line.get(at..).is_some_and(|tail| tail.contains("column")) => {
            line[..at].trim_end_matches(':').to_owned()
        }
        _ => line,
    }
}

/// Writes a JSON value (an object) as YAML that reads as the same value.
pub(crate) fn print(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write_map(map, 0, &mut out, false),
        other => {
            write_inline(other, &mut out);
            out.push('\n');
        }
    }
    out
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', depth * 2));
}

/// `first_inline`: the first key stands behind the dash of a list item that is already written.
fn write_map(map: &serde_json::Map<String, Value>, depth: usize, out: &mut String, first_inline: bool) {
    for (i, (key, value)) in map.iter().enumerate() {
        if i > 0 || !first_inline {
            indent(depth, out);
        }
        write_text(key, out);
        out.push(':');
        write_after_key(value, depth, out);
    }
}

fn write_after_key(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write_map(map, depth + 1, out, false);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_list(items, depth + 1, out);
        }
        Value::String(text) if fits_block(text) => write_block(text, depth + 1, out),
        other => {
            out.push(' ');
            write_inline(other, out);
            out.push('\n');
        }
    }
}

fn write_list(items: &[Value], depth: usize, out: &mut String) {
    for item in items {
        indent(depth, out);
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push(' ');
                write_map(map, depth + 1, out, true);
            }
            Value::Array(inner) if !inner.is_empty() => {
                out.push('\n');
                write_list(inner, depth + 1, out);
            }
            Value::String(text) if fits_block(text) => write_block(text, depth + 1, out),
            other => {
                out.push(' ');
                write_inline(other, out);
                out.push('\n');
            }
        }
    }
}

fn write_inline(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => write_text(text, out),
        // Empty lists and maps; JSON is YAML.
        other => out.push_str(&other.to_string()),
    }
}

/// Texts of several lines whose lines a block scalar keeps as they are.
fn fits_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.chars().any(|c| unprintable(c) && c != '\n')
        && text.trim_end_matches('\n').lines().all(|line| !line.ends_with([' ', '\t']) && !line.starts_with('\t'))
}

fn write_block(text: &str, depth: usize, out: &mut String) {
    // `-` drops the last line break, none keeps one, `+` keeps all of them.
    out.push_str(match text.len() - text.trim_end_matches('\n').len() {
        0 => " |-\n",
        1 => " |\n",
        _ => " |+\n",
    });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            indent(depth, out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// A text on one line: plain where it cannot be taken for anything else, else in quotation marks.
fn write_text(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if unprintable(c) => out.push_str(&match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02x}"),
                code @ 0..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Begins with a letter and holds nothing that YAML gives a meaning to, and is no word that it reads as another type.
fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    text.chars().next().is_some_and(char::is_alphabetic)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(|c| {
            !unprintable(c)
                && !matches!(c, '"' | '\'' | '\\' | '`' | '{' | '}' | '[' | ']' | '&' | '*' | '|' | '>' | '%' | '@')
        })
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Control characters, line separators and what editors do not show.
fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[ -~\n]{0,40}",
            "[a-z:# \n\t-]{0,24}",
            proptest::sample::select(vec![
                "yes",
                "null",
                "~",
                "1e3",
                "0x1F",
                "1_000",
                ".inf",
                "2026-11-12",
                "- a",
                "a: b",
                "",
                " ",
                "\n",
                "a\n\nb\n\n",
                "---",
                "...",
                "!x",
                "<<",
                "=",
                "0o7",
                "1:30",
                "_a",
                "é: ü",
                "#",
                "a\r\nb"
            ])
            .prop_map(str::to_owned),
        ]
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((text(), inner), 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn what_has_no_value_is_named_and_what_has_one_is_not() {
        let key = |name: &str| Some(Hole::Key(name.to_owned()));
        for (text, line, column, hole) in [
            ("", 1, 1, Some(Hole::File)),
            ("# nothing\n---\n~ # yet\n", 3, 1, Some(Hole::File)),
            ("\u{feff}null", 1, 1, Some(Hole::File)),
            ("a: 1\nbé:\n", 2, 3, key("bé")),
            ("a:\n  - x\nb: {'c d': 1, e: ~}", 3, 18, key("e")),
            ("a: {role: , text: x}", 1, 10, key("role")),
            ("a: [1, null]", 1, 8, Some(Hole::Item)),
            ("a:\n- \nb: 1", 2, 3, Some(Hole::Item)),
            ("a:\n- x\n", 1, 2, None),
            ("a:\n  # said later\n  b: 1\n", 1, 2, None),
            ("a: x", 1, 4, None),
            ("hello", 1, 1, None),
            ("a: 1", 7, 1, None),
            ("a: 1", 0, 0, None),
        ] {
            assert_eq!(hole_at(text, line, column), hole, "{text:?}");
        }
    }

    proptest! {
        /// Any text and any place: no panic.
        #[test]
        fn any_place_can_be_looked_at(text in text(), line in 0_u64..5, column in 0_u64..40) {
            let _ = hole_at(&text, line, column);
        }

        /// What is written reads as the same value.
        #[test]
        fn read_of_print_is_the_value(value in prop::collection::vec((text(), json()), 0..6)) {
            let value = Value::Object(value.into_iter().collect());
            let printed = print(&value);
            let read: Value = read(&printed).map_err(|e| TestCaseError::fail(format!("{e:?} in\n{printed}")))?;
            prop_assert!(retake_compare::json::equal(&read, &value), "{printed}\n{read}\n{value}");
        }
    }
}
