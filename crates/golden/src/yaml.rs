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

    proptest! {
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
