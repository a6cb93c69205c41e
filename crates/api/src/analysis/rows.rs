//! Rows of a tool's result that name an owner: JSON objects at any depth, JSON inside strings, what Python prints of
//! them, tables, XML, `key: value` lines, and rows or labelled lines whose id has a prefix of the policy. Text without an
//! owner's field or such an id gives none.

use super::tenant::{Owner, TenantNames};
use retake_model::JsonMap;
use serde_json::Value;

/// Limits against hostile results; what lies beyond them is not looked at.
const MAX_DEPTH: u8 = 48;
const MAX_ROWS: usize = 100_000;
const MAX_TEXT_LINES: usize = 20_000;

/// A row of another tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRow {
    /// Where it stands: `$.orders[2]`, `line 4`.
    pub path: String,
    /// The row's own id, when it has one.
    pub id: Option<String>,
    /// Whose it is.
    pub owner: String,
    /// What says so.
    pub basis: String,
}

/// Rows of `result` that belong to another tenant than `own`, in order.
pub fn foreign_rows(result: &str, own: &str, names: TenantNames<'_>) -> Vec<ForeignRow> {
    let mut walk = Walk { own, names, rows: Vec::new(), seen: 0 };
    walk.text(result, "$", 0);
    walk.rows
}

struct Walk<'a> {
    own: &'a str,
    names: TenantNames<'a>,
    rows: Vec<ForeignRow>,
    seen: usize,
}

impl Walk<'_> {
    fn text(&mut self, text: &str, path: &str, depth: u8) {
        let text = text.trim();
        if depth >= MAX_DEPTH || text.is_empty() {
            return;
        }
        if text.starts_with(['{', '[', '"'])
            && let Some(value) = serde_json::from_str::<Value>(text).ok().or_else(|| from_python(text))
        {
            return self.value(&value, path, depth + 1);
        }
        let lines: Vec<&str> = text.lines().take(MAX_TEXT_LINES).collect();
        let json_lines =
            lines.iter().filter(|line| !line.trim().is_empty()).all(|line| line.trim_start().starts_with('{'));
        if json_lines && lines.len() > 1 {
            for (n, line) in lines.iter().enumerate() {
                if let Ok(value) = serde_json::from_str::<Value>(line) {
                    self.value(&value, &format!("line {}", n + 1), depth + 1);
                }
            }
            return;
        }
        if !self.table(&lines) {
            self.fields(&lines);
        }
    }

    fn value(&mut self, value: &Value, path: &str, depth: u8) {
        self.seen += 1;
        if depth >= MAX_DEPTH || self.seen > MAX_ROWS {
            return;
        }
        match value {
            Value::Object(object) => {
                if let (Owner::Foreign { name, basis }, id) = self.owner(object) {
                    self.rows.push(ForeignRow { path: path.to_owned(), id, owner: name, basis });
                    return; // What is inside belongs to the same row.
                }
                for (key, inner) in object {
                    self.value(inner, &format!("{path}.{key}"), depth + 1);
                }
            }
            Value::Array(items) => {
                for (n, inner) in items.iter().enumerate() {
                    self.value(inner, &format!("{path}[{n}]"), depth + 1);
                }
            }
            Value::String(text) if text.len() > 2 => self.text(text, path, depth + 1),
            _ => {}
        }
    }

    /// Whose a row is, by its fields, else by its id; and the id.
    fn owner(&self, row: &JsonMap) -> (Owner, Option<String>) {
        let id = row_id(row.iter().map(|(key, value)| (key.as_str(), text_of(value))));
        let owner = match (self.names.owner_of_row(row, self.own), &id) {
            (Owner::Unknown, Some(id)) => self.names.owner_of_id(id, self.own),
            (owner, _) => owner,
        };
        (owner, id)
    }

    /// A table with a head that names an owner's field: comma, semicolon, tab or bar between the cells.
    fn table(&mut self, lines: &[&str]) -> bool {
        let Some(at) = lines.iter().position(|line| !line.trim().is_empty()) else { return false };
        let Some(delimiter) = ['\t', '|', ';', ','].into_iter().find(|c| lines[at].contains(*c)) else { return false };
        let head = cells(lines[at], delimiter);
        let has_rows = lines[at + 1..].iter().any(|line| cells(line, delimiter).len() == head.len());
        let clean = head.iter().all(|cell| !cell.contains([':', '=']));
        if !has_rows || !clean || !head.iter().any(|field| self.names.is_owner_field(field)) {
            return false;
        }
        for (n, line) in lines.iter().enumerate().skip(at + 1) {
            let row = cells(line, delimiter);
            let rule = row.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | '=' | ' ')));
            if row.len() != head.len() || rule {
                continue;
            }
            let object =
                head.iter().zip(&row).map(|(field, cell)| (field.clone(), Value::String(cell.clone()))).collect();
            if let (Owner::Foreign { name, basis }, id) = self.owner(&object) {
                self.rows.push(ForeignRow { path: format!("line {}", n + 1), id, owner: name, basis });
            }
        }
        true
    }

    /// `key: value` and `key=value`, one to a line or several. Within prose only a known tenant counts.
    fn fields(&mut self, lines: &[&str]) {
        let mut block: Vec<(String, String)> = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let pairs = pairs(line);
            if let Some(id) = label(line)
                && let Owner::Foreign { name, basis } = self.names.owner_of_id(id, self.own)
            {
                self.rows.push(ForeignRow {
                    path: format!("line {}", n + 1),
                    id: Some(id.to_owned()),
                    owner: name,
                    basis,
                });
                continue;
            }
            if line.trim().is_empty() {
                block.clear();
            }
            for (field, value) in &pairs {
                if !self.names.is_owner_field(field) {
                    continue;
                }
                let whole = pairs.len() > 1 || line.trim().len() <= field.len() + value.len() + 6;
                let Owner::Foreign { name, basis } = self.names.owner_of_field(field, value, self.own) else {
                    continue;
                };
                if self.names.is_known(&name) || (whole && !value.contains(' ')) {
                    let id = row_id(block.iter().chain(&pairs).map(|(key, value)| (key.as_str(), Some(value.clone()))));
                    self.rows.push(ForeignRow { path: format!("line {}", n + 1), id, owner: name, basis });
                }
            }
            block.extend(pairs);
        }
    }
}

fn cells(line: &str, delimiter: char) -> Vec<String> {
    let mut line = line.trim();
    if delimiter == '|' {
        line = line.strip_prefix('|').unwrap_or(line);
        line = line.strip_suffix('|').unwrap_or(line);
    }
    let mut out = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' if quoted || cell.trim().is_empty() => quoted = !quoted,
            c if c == delimiter && !quoted => out.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    out.push(cell.trim().to_owned());
    out
}

/// A dictionary or list as Python prints it.
fn from_python(text: &str) -> Option<Value> {
    if !text.contains('\'') {
        return None;
    }
    let mut json = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut word = String::new();
    let mut chars = text.chars();
    let constant = |word: &str| match word {
        "None" => "null".to_owned(),
        "True" => "true".to_owned(),
        "False" => "false".to_owned(),
        other => other.to_owned(),
    };
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_alphanumeric() => word.push(c),
            None => {
                json.push_str(&constant(&std::mem::take(&mut word)));
                let opens = matches!(c, '\'' | '"');
                quote = opens.then_some(c);
                json.push(if opens { '"' } else { c });
            }
            Some(open) if c == open => {
                quote = None;
                json.push('"');
            }
            Some(_) if c == '\\' => match chars.next()? {
                '\'' => json.push('\''),
                other => json.extend(['\\', other]),
            },
            Some(_) if c == '"' => json.push_str("\\\""),
            Some(_) => json.push(c),
        }
    }
    json.push_str(&constant(&word));
    serde_json::from_str(&json).ok()
}

/// The id that a line begins with, as in `[ID] text`, `- ID: text` or `<doc id="ID">`.
fn label(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches(['-', '*', '#', ' ']);
    let line = line.split_once("id=\"").filter(|(head, _)| head.starts_with('<')).map_or(line, |(_, rest)| rest);
    let id = line.trim_start_matches(['[', '(', '<']);
    let end = id.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))).unwrap_or(id.len());
    let (id, rest) = id.split_at_checked(end)?;
    (!id.is_empty() && rest.starts_with([']', ')', '>', ':', '"', '|'])).then_some(id)
}

/// `key: value`, `key=value` and `<key>value</key>` pairs of a line; keys are one to three words.
fn pairs(line: &str) -> Vec<(String, String)> {
    let elements: Vec<(String, String)> = line
        .split('<')
        .filter_map(|piece| piece.split_once('>'))
        .filter(|(key, value)| !key.starts_with('/') && !value.trim().is_empty())
        .map(|(key, value)| (bare(key.split_whitespace().next().unwrap_or_default()), bare(value)))
        .collect();
    if line.contains("</") && !elements.is_empty() {
        return elements;
    }
    let logfmt: Vec<&str> = line.split_whitespace().collect();
    if logfmt.len() > 1 && logfmt.iter().filter(|word| word.contains('=')).count() * 2 > logfmt.len() {
        let split = logfmt.iter().filter_map(|word| word.split_once('='));
        return split.map(|(key, value)| (bare(key), bare(value))).collect();
    }
    line.split([',', ';', '|'])
        .filter_map(|piece| piece.split_once([':', '=']))
        .map(|(key, value)| (bare(key), bare(value)))
        .filter(|(key, value)| !key.is_empty() && !value.is_empty() && key.split_whitespace().count() <= 3)
        .collect()
}

fn bare(text: &str) -> String {
    text.trim().trim_matches(['"', '\'', '*', '`', '-', '(', ')', '{', '}', '[', ']', '<', '>', '/', ' ']).to_owned()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id of a row: `id`, then `document_id` and the like, never one that names its owner.
fn row_id<'f>(fields: impl Iterator<Item = (&'f str, Option<String>)>) -> Option<String> {
    let mut best: Option<(u8, String)> = None;
    for (field, value) in fields {
        let Some(value) = value.filter(|value| !value.is_empty() && value.len() <= 200) else { continue };
        let words = super::naming::words(field);
        let rank = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["id" | "document" | "doc" | "key" | "number" | "no" | "uid" | "uuid"] => 0,
            ["document" | "doc" | "record" | "row" | "chunk" | "source", "id"] => 0,
            ["tenant" | "customer" | "organization" | "org" | "owner" | "user" | "parent", ..] => continue,
            [.., "id" | "number" | "no" | "key" | "ref" | "code"] => 1,
            _ => continue,
        };
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            best = Some((rank, value));
        }
    }
    best.map(|(_, id)| id)
}
