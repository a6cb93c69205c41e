//! Documents in prompts of many shapes: taken out, exchanged, moved; everything else stays byte for byte.

use crate::common::{request, variant};
use retake_model::{Coded, Document};
use retake_replay::variant::apply;
use retake_replay::{ReplayError, Source, Variant};

const A: (&str, &str) = ("OPS-1", "The eastern pier closes at nine on weekdays and at ten on Saturdays.");
const B: (&str, &str) = ("OPS-22", "Berths are booked\n\nby the hour; a \"late\" booking costs double.");
const C: (&str, &str) = ("blog/7", "Community tip: ask for berth 4, it's the quietest of all.");

fn source(prompt: &str) -> Source {
    let documents = [A, B, C].into_iter().enumerate().map(|(at, (id, content))| Document {
        document_id: Some(id.into()),
        rank: at as u32 + 1,
        content: Some(content.into()),
        ..Document::default()
    });
    Source { documents: documents.collect(), ..Source::of_request(request(prompt, "When does the pier close?"), None) }
}

fn system_after(prompt: &str, variant: &Variant) -> Result<String, ReplayError> {
    let applied = apply(variant, &source(prompt), &|_, _| None)?;
    Ok(applied.request.messages.first().map(|m| m.joined_text()).unwrap_or_default())
}

/// Renders a prompt with these documents in one of many shapes.
fn shapes(documents: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let each = |form: &dyn Fn(usize, &str, &str) -> String, between: &str| {
        let texts: Vec<String> = documents.iter().enumerate().map(|(n, (id, content))| form(n, id, content)).collect();
        texts.join(between)
    };
    let flat = |content: &str| content.replace("\n\n", " ");
    let json: Vec<_> = documents
        .iter()
        .map(|(id, content)| serde_json::json!({"id": id, "text": content, "meta": {"rank": 1}}))
        .collect();
    let list: Vec<_> = documents.iter().map(|(_, content)| content).collect();
    vec![
        (
            "label",
            format!("Answer.\n\nPassages:\n{}", each(&|_, id, content| format!("[{id}] {}", flat(content)), "\n")),
        ),
        (
            "label and more",
            format!(
                "Answer.\n\nPassages:\n{}\n\nBe kind.",
                each(&|_, id, content| format!("[{id}] {}", flat(content)), "\n")
            ),
        ),
        ("bullets", format!("Use:\n{}\nDone.", each(&|_, id, content| format!("- {id}: {}", flat(content)), "\n"))),
        ("numbers", format!("Use:\n{}\nDone.", each(&|_, id, content| format!("* ({id}) {}", flat(content)), "\n"))),
        ("paragraphs", format!("Use:\n\n{}\n\nDone.", each(&|_, _, content| flat(content), "\n\n"))),
        (
            "elements",
            format!(
                "Use:\n<documents>\n{}\n</documents>\nDone.",
                each(&|_, id, content| format!("<document id=\"{id}\">\n{content}\n</document>"), "\n")
            ),
        ),
        (
            "nested elements",
            format!(
                "Use:\n<documents>\n{}\n</documents>",
                each(
                    &|_, id, content| format!(
                        "<document>\n<source>{id}</source>\n<document_content>\n{content}\n</document_content>\n</document>"
                    ),
                    "\n"
                )
            ),
        ),
        (
            "one line elements",
            format!(
                "<ctx>\n{}\n</ctx>",
                each(&|_, id, content| format!("<doc id='{id}'>{}</doc>", flat(content)), "\n")
            ),
        ),
        (
            "headings",
            format!(
                "# Context\n\n{}\n\n# Task\nAnswer.",
                each(&|_, id, content| format!("### {id}\n{content}"), "\n\n")
            ),
        ),
        (
            "sources",
            format!("Context:\n\n{}\n\nTask", each(&|_, id, content| format!("{content}\nSource: {id}"), "\n---\n")),
        ),
        ("json", format!("Documents: {}\nAnswer.", serde_json::Value::Array(json.clone()))),
        ("pretty json", format!("Documents:\n{}\nAnswer.", serde_json::to_string_pretty(&json).expect("JSON"))),
        (
            "json lines",
            format!("Documents:\n{}\nAnswer.", json.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        ),
        ("json texts", format!("Documents: {}\nAnswer.", serde_json::to_string(&list).expect("JSON"))),
    ]
}

#[test]
fn taking_a_document_out_leaves_the_prompt_of_the_others() {
    let all = shapes(&[A, B, C]);
    for (gone, rest) in [(A, vec![B, C]), (B, vec![A, C]), (C, vec![A, B])] {
        for ((shape, prompt), (_, want)) in all.iter().zip(shapes(&rest)) {
            let got =
                system_after(prompt, &Variant { drop_docs: vec![gone.0.into()], ..Variant::default() }).expect(shape);
            let same =
                if *shape == "pretty json" { got.split_whitespace().eq(want.split_whitespace()) } else { got == want };
            assert!(same, "{shape} without {}\n--- got\n{got}\n--- want\n{want}", gone.0);
        }
    }
}

#[test]
fn moving_documents_gives_the_prompt_in_that_order() {
    for ((shape, prompt), (_, want)) in shapes(&[A, B, C]).into_iter().zip(shapes(&[C, A, B])) {
        if shape == "pretty json" {
            continue;
        }
        let got = system_after(&prompt, &Variant { order_docs: vec![C.0.into()], ..Variant::default() }).expect(shape);
        assert_eq!(got, want, "{shape}");
    }
}

#[test]
fn exchanging_a_document_keeps_its_label() {
    let new = "The eastern pier closes at \"noon\".";
    for ((shape, prompt), (_, want)) in shapes(&[A, B, C]).into_iter().zip(shapes(&[(A.0, new), B, C])) {
        let got =
            system_after(&prompt, &Variant { replace_docs: vec![(A.0.into(), new.into())], ..Variant::default() })
                .expect(shape);
        assert_eq!(got, want, "{shape}");
    }
}

#[test]
fn a_document_that_is_not_there_is_named() {
    let error = system_after(
        "Use:\n[OPS-1] The eastern pier closes at nine on weekdays and at ten on Saturdays.",
        &variant("drop-doc=OPS-22"),
    )
    .expect_err("not placed");
    assert_eq!(error.code(), retake_model::Code::DocumentNotPlaced);
    assert!(error.to_string().contains("OPS-22") && error.hint().is_some_and(|hint| hint.contains("OPS-1")), "{error}");
}

#[test]
fn a_document_that_was_not_recorded_goes_by_its_label() {
    let prompt = "Use:\n[X-1] one\n[X-10] ten\ncontinued\n[X-2] two, see X-10";
    assert_eq!(
        system_after(prompt, &variant("drop-doc=X-10")).expect("by label"),
        "Use:\n[X-1] one\n[X-2] two, see X-10"
    );
    assert_eq!(
        system_after(prompt, &variant("drop-doc=X-1")).expect("by label"),
        "Use:\n[X-10] ten\ncontinued\n[X-2] two, see X-10"
    );
    assert_eq!(
        system_after(prompt, &variant("replace-doc=X-1:uno")).expect("by label"),
        prompt.replace("] one", "] uno")
    );
}

#[test]
fn another_document_that_mentions_it_stays() {
    let prompt = "Use:\n[K-9] See OPS-1 for hours.\n[OPS-1] The eastern pier closes at nine on weekdays and at ten on Saturdays.\nDone.";
    assert_eq!(
        system_after(prompt, &variant("drop-doc=OPS-1")).expect("placed"),
        "Use:\n[K-9] See OPS-1 for hours.\nDone."
    );
}

#[test]
fn within_a_sentence_only_the_content_goes() {
    let prompt = format!("As the handbook says, {} Now answer.", A.1);
    assert_eq!(system_after(&prompt, &variant("drop-doc=OPS-1")).expect("placed"), "As the handbook says, Now answer.");
}
