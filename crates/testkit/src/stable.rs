//! Output that is the same in every run: random ids, times of the run, durations and folders of this machine become
//! placeholders; what came from the input stays.

use serde::Serialize;
use serde_json::Value;

/// Fields that say when or how long something ran here. Null stays null.
const RUN_FIELDS: [&str; 10] = [
    "at_ns",
    "created_ns",
    "started_ns",
    "ended_ns",
    "finished_ns",
    "elapsed_ms",
    "latency_ms",
    "ttft_ms",
    "at_us",
    "pid",
];

/// A document with placeholders. UUIDs are numbered in order of appearance, so that equal ones stay equal.
pub fn stable(document: &impl Serialize) -> Value {
    let mut document = serde_json::to_value(document).expect("the document can be written as JSON");
    let mut seen = Seen::default();
    visit(&mut document, &mut seen);
    document
}

/// A text with the same placeholders for ids and folders.
pub fn stable_text(text: &str) -> String {
    Seen::default().replace(text)
}

fn visit(value: &mut Value, seen: &mut Seen) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if RUN_FIELDS.contains(&name.as_str()) && (field.is_number() || field.is_string()) {
                    *field = Value::from(format!("[{name}]"));
                } else {
                    visit(field, seen);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, seen)),
        Value::String(text) => *text = seen.replace(text),
        _ => {}
    }
}

/// The ids met so far.
#[derive(Default)]
struct Seen {
    uuids: Vec<String>,
}

impl Seen {
    fn replace(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = (0..rest.len()).find(|at| is_uuid(rest, *at)) {
            let (before, id) = (&rest[..at], &rest[at..at + UUID_LENGTH]);
            out.push_str(before);
            let number = self.uuids.iter().position(|known| known == id).unwrap_or_else(|| {
                self.uuids.push(id.to_owned());
                self.uuids.len() - 1
            });
            out.push_str(&format!("[uuid-{}]", number + 1));
            rest = &rest[at + UUID_LENGTH..];
        }
        out.push_str(rest);
        for (folder, name) in folders() {
            out = out.replace(&folder, name);
        }
        out
    }
}

const UUID_LENGTH: usize = 36;

/// Whether a lower-case UUID of version 7, the only kind that is made here, stands at this byte on its own.
fn is_uuid(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let Some(id) = bytes.get(at..at + UUID_LENGTH) else { return false };
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let shape = id.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        14 => *byte == b'7',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    });
    shape && !word(bytes.get(at + UUID_LENGTH)) && !(at > 0 && word(bytes.get(at - 1)))
}

/// Folders of this machine, longest first.
fn folders() -> Vec<(String, &'static str)> {
    let root = crate::root().join("..");
    let mut folders = Vec::new();
    if let Ok(root) = root.canonicalize() {
        folders.push((root.display().to_string(), "[root]"));
    }
    let temporary = std::env::temp_dir();
    for folder in [temporary.canonicalize().ok(), Some(temporary)].into_iter().flatten() {
        folders.push((folder.display().to_string(), "[tmp]"));
    }
    folders.retain(|(folder, _)| folder.len() > 1);
    folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
    folders
}

#[cfg(test)]
mod tests {
    use super::{stable, stable_text};
    use serde_json::json;

    #[test]
    fn what_came_from_the_input_stays() {
        let run = "01930f6e-1c2d-7a3b-8c4d-5e6f70819203";
        let other = "01930f6e-1c2d-7a3b-8c4d-5e6f70819204";
        let document = json!({"run_id": run, "again": [other, run], "elapsed_ms": 3.5, "ttft_ms": null,
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "start_ns": "1795497540380212992",
            "message_id": "8b0e5f3a-9d55-4c1e-9a51-0a0b0c0d0e0f"});
        assert_eq!(
            stable(&document),
            json!({"run_id": "[uuid-1]", "again": ["[uuid-2]", "[uuid-1]"], "elapsed_ms": "[elapsed_ms]", "ttft_ms": null,
                "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "start_ns": "1795497540380212992",
                "message_id": "8b0e5f3a-9d55-4c1e-9a51-0a0b0c0d0e0f"})
        );
    }

    #[test]
    fn folders_of_this_machine_get_names() {
        let path = std::env::temp_dir().join("x.retake");
        assert_eq!(stable_text(&format!("in {} ü", path.display())), "in [tmp]/x.retake ü");
    }
}
