//! What is said of a table that is not recognised as an audit log: which columns it has, which may be what, what is missing,
//! and that a mapping settles it.

use super::fields::Fields;
use super::names::normalised;
use crate::Verdict;
use crate::time::ns_from_text;
use retake_model::JsonMap;
use serde_json::Value;

/// Fields that make an event.
const WANTED: [&str; 4] = ["time", "actor", "action", "decision"];
/// Columns that are named in full.
const SHOWN: usize = 12;

/// The verdict on a table that is not claimed. `regular` when its rows have the fields of its header: then no other format
/// comes nearer.
pub(super) fn verdict(header: &[String], delimiter: u8, rows: &[JsonMap], regular: bool) -> Verdict {
    let row = rows.first().cloned().unwrap_or_else(|| header.iter().map(|n| (n.clone(), Value::from("-"))).collect());
    let names: Vec<(String, &String)> = row.keys().map(|key| (normalised(key), key)).collect();
    let found = Fields::of(&row, None, &names).found;
    let column = |field: &str| found.get(field).map(|(column, _)| column.as_str());
    let taken: Vec<String> =
        WANTED.iter().filter_map(|field| Some(format!("{field} may be {:?}", column(field)?))).collect();
    let missing: Vec<String> = WANTED
        .iter()
        .filter(|field| column(field).is_none())
        .map(|field| match header.iter().find(|name| *field == "time" && holds_times(rows, name)) {
            Some(name) => format!("{field} ({name:?} could be it)"),
            None => (*field).to_owned(),
        })
        .collect();
    let shown: Vec<String> = header.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let more = if header.len() > SHOWN { ", …" } else { "" };
    let mut why = format!("it has the columns {}{more} between {:?}", shown.join(", "), char::from(delimiter));
    if !taken.is_empty() {
        why.push_str(&format!("; {}", taken.join(", ")));
    }
    why.push_str(&match missing.as_slice() {
        [] => "; other logs have such columns too, or no time could be read".to_owned(),
        missing => format!("; no column is known for {}", missing.join(", ")),
    });
    why.push_str("; say which is which in a mapping, with `--map`");
    let known = u8::try_from(WANTED.len() - missing.len()).unwrap_or_default();
    Verdict::near(why, if regular { known + 4 } else { known })
}

/// Whether a column holds days, clock times or both in the rows that have it.
fn holds_times(rows: &[JsonMap], column: &str) -> bool {
    let mut texts = rows.iter().filter_map(|row| row.get(column)?.as_str()).peekable();
    texts.peek().is_some() && texts.all(is_like_time)
}

fn is_like_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let separators = text.bytes().filter(|b| matches!(b, b'/' | b'.' | b'-' | b':')).count();
    let others = text.bytes().filter(|b| b.is_ascii_alphabetic()).count();
    let written = digits >= 5 && separators >= 2 && others <= 4 && text.len() <= 40;
    written || (digits >= 8 && ns_from_text(text, None).is_some())
}

#[cfg(test)]
mod tests {
    use crate::{Detection, Head, detect};

    fn nearest(text: &str) -> (&'static str, String) {
        match detect(&Head::new(text.as_bytes(), true)) {
            Detection::Unknown(declined) => declined.into_iter().map(|d| (d.format, d.why)).next().expect("a nearest"),
            Detection::Found(format) => panic!("{} claims {text:?}", format.name()),
            Detection::Ambiguous(_) => panic!("ambiguous: {text:?}"),
        }
    }

    #[test]
    fn an_own_log_is_nearest_to_a_table_with_its_columns() {
        for delimiter in [",", ";", "\t", "|"] {
            let text =
                ["Zeit,Wer,Vorgang,Ding", "04/11/2026 08:06:22,ann,tool,refund", "05/11/2026 08:06:22,bob,tool,x", ""]
                    .join("\n")
                    .replace(',', delimiter);
            let (format, why) = nearest(&text);
            assert_eq!(format, "audit-csv", "{delimiter:?}");
            for part in ["\"Vorgang\"", "time (\"Zeit\" could be it)", "actor", "action", "--map"] {
                assert!(why.contains(part), "{part} in {why}");
            }
        }
        let (format, why) = nearest("stamp,weight,colour\n2026-11-04,4,red\n2026-11-05,5,blue\n");
        assert_eq!(format, "audit-csv");
        assert!(why.contains("no column is known for") && why.contains("actor, action, decision"), "{why}");
    }

    #[test]
    fn short_common_names_need_no_mapping_and_other_tables_are_none() {
        for text in [
            "time,user,event,object,result\n2026-11-04T08:06:22Z,ann,tool.invoke,refund,denied\n",
            "ts;who;what;target;status\n2026-11-04T08:06:22Z;ann;tool.invoke;refund;ok\n",
        ] {
            let Detection::Found(format) = detect(&Head::new(text.as_bytes(), true)) else {
                panic!("no claim: {text}")
            };
            assert_eq!(format.name(), "audit-csv");
        }
        for text in [
            "created_at,user,type,item,status\n2026-11-04T08:06:22Z,ann,order,lamp,shipped\n",
            "time,user,event,object,result\nsoon,ann,tool.invoke,refund,denied\n",
            "time,user,event,object,result\n2026-11-04T08:06:22Z,ann,goal,ball,2:1\n",
        ] {
            nearest(text);
        }
    }
}
