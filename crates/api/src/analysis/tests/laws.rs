//! What holds for any input: no panic, no finding out of nothing, masks that stay masks.

use super::made::child;
use super::{Made, document, event, retriever, root, tool};
use crate::analysis::naming::names_tool;
use crate::analysis::policy::Policy;
use crate::analysis::rows::foreign_rows;
use crate::analysis::survey::Survey;
use crate::analysis::tenant::TenantNames;
use crate::report::markdown::{code, escape, fence, shorten};
use crate::report::mask::Masker;
use proptest::prelude::*;
use retake_model::{AuditEvent, Id, Message, Role, Span, SpanKind};
use serde_json::json;

/// Text that looks like the things that we parse.
fn tricky() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "tenant",
        "\"tenant\"",
        ":",
        "=",
        "acme",
        "globex",
        "{",
        "}",
        "[",
        "]",
        ",",
        "|",
        "\n",
        "'",
        "\"",
        "\\",
        "<",
        ">",
        "</",
        "`",
        "```",
        "ä",
        "日本",
        "\u{202e}",
        "\0",
        "1",
        "-",
        "_",
        ".",
        "@",
        "example.com",
        "+49",
        "0",
        "None",
        "True",
        " ",
        "\t",
        "id",
        "---",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()), any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn texts_of_any_kind_are_read_without_a_panic(text in tricky(), tool in tricky()) {
        let (policy, survey) = (Policy::default(), Survey::default());
        let _ = foreign_rows(&text, "acme", TenantNames { policy: &policy, survey: &survey });
        let _ = names_tool(&text, &tool);
        let _ = Policy::parse(&text);
        let _ = shorten(&text, 7);
    }

    #[test]
    fn code_is_closed_by_what_opened_it(text in tricky()) {
        let span = code(&text);
        prop_assert!(!span.contains('\n'));
        let ticks = span.chars().take_while(|c| *c == '`').count();
        if ticks > 0 {
            let inner = &span[ticks..span.len() - ticks];
            prop_assert!(span.ends_with(&"`".repeat(ticks)));
            prop_assert!(inner.split(|c| c != '`').all(|run| run.len() != ticks), "{span}");
        }
        let block = fence(&text);
        let ticks = block.chars().take_while(|c| *c == '`').count();
        let inner = block.lines().skip(1).collect::<Vec<_>>();
        let (last, inside) = inner.split_last().expect("a closing line");
        prop_assert_eq!(last.len(), ticks);
        prop_assert!(inside.iter().all(|line| !line.contains(&"`".repeat(ticks))), "{}", block);
        prop_assert!(!escape(&text).contains(['<', '>', '@', '\n']));
    }

    #[test]
    fn a_masked_text_has_nothing_left_to_mask(text in tricky()) {
        let once = Masker::default().mask(&format!("{text} ann@mail.example {text}"));
        prop_assert!(!once.contains("ann@mail.example"));
        prop_assert_eq!(Masker::default().mask(&once), once);
    }

    #[test]
    fn an_own_row_never_leaks(field in "tenant|tenant_id|organization|customer|owner", text in "[a-z]{1,8}") {
        let (policy, survey) = (Policy::default(), Survey::default());
        let row = json!([{ field: "acme", "note": text }]).to_string();
        prop_assert_eq!(foreign_rows(&row, "acme", TenantNames { policy: &policy, survey: &survey }), vec![]);
    }

    /// Words, times and parents at random: the rules end, and an empty audit log with no owners proves nothing.
    #[test]
    fn any_trace_can_be_judged(
        spans in prop::collection::vec((0..6_u8, 0..8_usize, 0..8_usize, -5_i64..50, tricky()), 0..12),
        rows in prop::collection::vec((tricky(), tricky(), -5_i64..50, prop::sample::select(vec!["allow", "deny", "ask", ""])), 0..8),
    ) {
        let mut made = Made { spans: vec![root("t", "acme", "mia", 0, 40)], ..Made::default() };
        for (kind, id, parent, ms, text) in spans {
            let span = match kind {
                0 => tool("t", &text, &text, ms, ms + 3),
                1 => retriever("t", vec![document(&text, json!({"note": text}))], ms, ms + 3),
                2 => Span { input: Some(vec![Message::text(Role::User, text)]), ..child("t", "call", SpanKind::Llm, ms, ms - 2) },
                _ => child("t", &text, SpanKind::Chain, ms, ms + 1),
            };
            made.spans.push(Span { span_id: Some(Id::new(format!("s{id}"))), parent_span_id: Some(Id::new(format!("s{parent}"))), ..span });
        }
        prop_assert!(made.report().iter().all(|line| line.starts_with("leak")), "{:?}", made.report());
        made.events = rows.into_iter().map(|(action, resource, ms, decision)| AuditEvent { trace_id: (ms % 2 == 0).then(|| Id::new("t")), ..event(ms, "mia", &action, &resource, decision) }).collect();
        let first = made.report();
        made.events.reverse();
        made.spans.reverse();
        prop_assert_eq!(made.report().len(), first.len());
    }
}
