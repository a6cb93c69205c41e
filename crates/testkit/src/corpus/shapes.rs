//! Shapes that cost memory when a reader is careless.

use super::json::{Head, Span};
use super::{Conversation, RESOURCE, SCOPE, Writer};
use std::io::{self, Write};

/// One document, one resource; `late` puts the resource after its spans.
pub fn one_resource<W: Write>(writer: &mut Writer<W>, bytes: u64, late: bool) -> io::Result<()> {
    writer.put(r#"{"resourceSpans":[{"#)?;
    if !late {
        writer.put(&format!(r#""resource":{RESOURCE},"#))?;
    }
    writer.put(&format!(r#""scopeSpans":[{{"scope":{SCOPE},"spans":["#))?;
    let (mut number, mut first) = (0, true);
    while writer.stats.bytes < bytes {
        let mut conversation = Conversation::begin(writer, number);
        number += 1;
        while !conversation.is_over() {
            for span in conversation.turn(writer) {
                if !first {
                    writer.put(",")?;
                }
                first = false;
                writer.stats.spans += 1;
                writer.put(&span)?;
            }
        }
    }
    writer.put("]}]")?;
    if late {
        writer.put(&format!(r#","resource":{RESOURCE}"#))?;
    }
    writer.put("}]}\n")
}

/// One span with a string of so many bytes.
pub fn long_string<W: Write>(writer: &mut Writer<W>, bytes: u64) -> io::Result<()> {
    let span = small_span(0, 0, None).end(None);
    let (head, tail) = span.split_once(r#""attributes":["#).unwrap_or((&span, ""));
    writer.put(&format!(r#"{{"resourceSpans":[{{"resource":{RESOURCE},"scopeSpans":[{{"scope":{SCOPE},"spans":[{head}"attributes":[{{"key":"input.value","value":{{"stringValue":""#))?;
    let block = "all work and no play makes a long string. ".repeat(1560);
    let mut left = bytes;
    while left > 0 {
        let take = left.min(block.len() as u64);
        writer.put(&block[..take as usize])?;
        left -= take;
    }
    writer.put(&format!(r#""}}}},{tail}]}}]}}]}}"#))?;
    writer.put("\n")?;
    (writer.stats.spans, writer.stats.traces) = (1, 1);
    Ok(())
}

/// Many lines of one small span.
pub fn lines<W: Write>(writer: &mut Writer<W>, lines: u64) -> io::Result<()> {
    for number in 0..lines {
        let span = small_span(number, 0, None).end(None);
        writer.put(&format!(
            r#"{{"resourceSpans":[{{"resource":{RESOURCE},"scopeSpans":[{{"scope":{SCOPE},"spans":[{span}]}}]}}]}}"#
        ))?;
        writer.put("\n")?;
    }
    (writer.stats.spans, writer.stats.traces) = (lines, lines);
    Ok(())
}

/// One trace of many spans, five below each.
pub fn trace<W: Write>(writer: &mut Writer<W>, spans: u64) -> io::Result<()> {
    let mut batch = Vec::new();
    for number in 0..spans {
        let parent = number.checked_sub(1).map(|before| before / 5);
        batch.push(small_span(0, number, parent).end(None));
        if batch.len() == super::SPANS_A_LINE {
            super::line(writer, &mut batch)?;
        }
    }
    super::line(writer, &mut batch)?;
    (writer.stats.spans, writer.stats.traces) = (spans, 1);
    Ok(())
}

/// A span of a chain without content.
fn small_span(trace: u64, number: u64, parent: Option<u64>) -> Span {
    let id = |number: u64| format!("{:016x}", number + 1);
    let start_ns = 1_793_577_600_000_000_000 + trace * 1_000_000_000 + number * 50_000;
    let mut span = Span::begin(&Head {
        trace: &format!("{:032x}", u128::from(trace) + 1),
        id: &if trace == 0 { id(number) } else { format!("{:08x}{:08x}", trace, number + 1) },
        parent: parent.map(id).as_deref(),
        name: "step",
        kind: 1,
        start_ns,
        end_ns: start_ns + 40_000,
    });
    span.text("openinference.span.kind", "CHAIN");
    span.text("tenant.id", "tenant-01");
    span.text("feature.name", "support.answer");
    span
}
