//! What a trace can hold to harm whoever looks at it, opened in every view: no request leaves, no script runs, the content
//! policy is not even tried.

use crate::webdriver::key;
use crate::window::{self, Window};
use crate::{rows, search};
use anyhow::{Result, ensure};
use retake_tests::Home;
use retake_tests::traces::TEN_O_CLOCK_NS;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server that counts who comes.
fn listen() -> Result<(u16, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    std::thread::spawn(move || {
        for _stream in listener.incoming() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    Ok((port, count))
}

/// Markup, script and addresses in the ways in which a page could take them for its own.
fn payload(port: u16) -> String {
    let at = format!("http://127.0.0.1:{port}");
    [
        "<script>window.__harmed = 'script'</script>".to_owned(),
        format!("<img src=\"{at}/img.png\" onerror=\"window.__harmed = 'onerror'\">"),
        format!("<iframe src=\"{at}/frame\"></iframe><link rel=stylesheet href=\"{at}/x.css\"><svg onload=\"window.__harmed='svg'\">"),
        format!("![secret]({at}/leak.png?q=tokens) [click]({at}/link) [run](javascript:window.__harmed='link')"),
        format!("<style>@import url('{at}/import.css'); body {{ display: none }}</style>"),
        "{{constructor.constructor('window.__harmed=1')()}} ${window.__harmed=1} {@html '<b>x'}".to_owned(),
        "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{7}".to_owned(),
        "account \u{202e}0001 SU\u{202c} to\u{200b}tal \u{2066}x\u{2069} \u{e0041}\u{e0042}".to_owned(),
        "</textarea></pre></script>\"'`><b>bold".to_owned(),
    ]
    .join("\n\n")
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A trace whose every string is hostile: names, ids, texts, documents, tools, attributes.
fn hostile_trace(number: u64, text: &str, answer: &str) -> Value {
    let nest =
        |levels: u32| (0..levels).fold(json!("bottom"), |inner, depth| json!({format!("<b>{depth}</b>"): inner}));
    let broken = "data:image/png;base64,bm90IGFuIGltYWdl";
    let drawn = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='window.__harmed=2'/>";
    let part = |content: &str| json!({"type": "text", "content": content});
    let input = json!([
        {"role": "system", "parts": [part(text)]},
        {"role": "user<img src=x onerror=window.__harmed=3>", "parts": [part(text), {"type": "uri", "modality": "image", "uri": broken}, {"type": "uri", "modality": "image", "uri": drawn}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "<i>1", "name": "<script>tool", "arguments": nest(100)}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "<i>1", "response": nest(100)}]},
    ]);
    let output = json!([{"role": "assistant", "parts": [part(answer)], "finish_reason": "<b>stop"}]);
    let documents = json!([{"id": "<img src=x onerror=window.__harmed=4>", "score": 0.5, "content": text}]);
    let ids = |n: u64| format!("{:016x}", 0xe000_0000_u64 + number * 16 + n);
    let span = |n: u64, name: &str, parent: Option<u64>, attributes: Vec<Value>| {
        let mut span = json!({"traceId": format!("{:032x}", 0xe000_0000_0000_u64 + number), "spanId": ids(n), "name": name, "kind": 1,
            "startTimeUnixNano": (TEN_O_CLOCK_NS + number * 1_000_000_000 + n * 1_000_000).to_string(),
            "endTimeUnixNano": (TEN_O_CLOCK_NS + number * 1_000_000_000 + 900_000_000).to_string(),
            "status": {"code": 2, "message": text}, "attributes": attributes});
        if let Some(parent) = parent {
            span["parentSpanId"] = json!(ids(parent));
        }
        span
    };
    let tenant = attribute("tenant.id", "<img src=x onerror=window.__harmed=5>");
    json!({"resourceSpans": [{"resource": {"attributes": [attribute("service.name", text)]}, "scopeSpans": [{"scope": {"name": text}, "spans": [
        span(0, text, None, vec![attribute("gen_ai.operation.name", "invoke_agent"), tenant.clone(), attribute("feature.name", text)]),
        span(1, text, Some(0), vec![attribute("gen_ai.operation.name", "retrieval"), tenant.clone(), attribute("gen_ai.retrieval.documents", &documents.to_string())]),
        span(2, text, Some(0), vec![
            attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.provider.name", "<b>openai"), attribute("gen_ai.request.model", "<u>model"),
            tenant, attribute("<img src=x onerror=window.__harmed=6>", text),
            attribute("gen_ai.system_instructions", &json!([part(text)]).to_string()),
            attribute("gen_ai.input.messages", &input.to_string()), attribute("gen_ai.output.messages", &output.to_string()),
        ]),
        span(3, "<script>tool", Some(0), vec![attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", text), attribute("gen_ai.tool.call.arguments", &nest(200).to_string())]),
    ]}]}]})
}

fn unharmed(window: &Window, place: &str) -> Result<()> {
    let harmed = window.page().run(
        "return window.__harmed ?? (document.querySelector('main iframe, main script, main link, main style, main svg[onload], main [onerror]') ? 'markup' : null)",
        &[],
    )?;
    ensure!(harmed.is_null(), "{place}: {harmed}");
    Ok(())
}

#[test]
fn nothing_in_a_trace_can_harm_whoever_looks_at_it() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (port, visits) = listen()?;
    let home = Home::new();
    let text = payload(port);
    let mut lines: String = (1..=3).map(|n| hostile_trace(n, &text, &text).to_string() + "\n").collect();
    // Ten megabytes on one line.
    lines.push_str(&(hostile_trace(4, "short", &"<b>long</b>".repeat(1_000_000)).to_string() + "\n"));
    lines.push_str("{\"not\": \"a span <img src=x onerror=window.__harmed=7>\"\n");
    let file = home.file("<img src=x onerror=window.__harmed=8>.jsonl", lines);
    home.retake(&["import", &file.display().to_string()]).ok();
    let prompt = home.file("prompt.txt", format!("{text}\n{{{{question}}}}"));
    home.retake(&["prompt", "new", "<b>prompt", "--file", &prompt.display().to_string()]).ok();

    let window = Window::open("hostile", &home, &[])?;
    window.wait("four traces", |page| {
        ensure!(rows(page)? == 4);
        Ok(())
    })?;
    unharmed(&window, "the list")?;
    window.picture("list");
    search(&window, "time:2026-11-09..2026-11-10 -long")?;
    window.wait("three traces", |page| {
        ensure!(rows(page)? == 3);
        Ok(())
    })?;
    let row = window.page().find("[role=grid] [role=row]")?;
    window.page().click(&row)?;
    window.wait("the trace", |page| page.find("[role=treeitem]"))?;
    for tab in ["Messages", "Context", "Audit", "Request", "Takes", "Raw"] {
        window.click("[role=tab]", tab)?;
        window.wait(tab, |page| page.find_with_text("[role=tab][aria-selected=true]", tab))?;
        std::thread::sleep(std::time::Duration::from_millis(300));
        unharmed(&window, tab)?;
        window.picture(&tab.to_lowercase());
    }
    window.click("[role=tab]", "Messages")?;
    window.wait("marks for what hides", |page| page.find(".hidden-char"))?;
    window.wait_for_text("an image that cannot be shown")?;
    window.wait_for_text("a drawing that could hold script")?;
    window.click("button", "Markdown")?;
    window.wait("Markdown is rendered", |page| page.find(".markdown .address"))?;
    unharmed(&window, "rendered Markdown")?;
    window.picture("markdown");
    for address in ["button[aria-label='Copy the address']", ".markdown .says"] {
        let found = window.page().find(address)?;
        window.page().click(&found)?;
    }
    window.page().press(&["r"])?;
    window.wait("the workbench", |page| page.find("article[aria-label^='Variant']"))?;
    unharmed(&window, "the workbench")?;
    window.picture("workbench");
    for view in ["Runs", "Prompts", "Golden sets", "Metrics", "Sources", "Settings", "Traces"] {
        window.click(&format!("nav [aria-label='{view}']"), "")?;
        window.wait(view, |page| page.find(&format!("nav [aria-label='{view}'][aria-current=page]")))?;
        std::thread::sleep(std::time::Duration::from_millis(300));
        unharmed(&window, view)?;
        window.picture(&view.replace(' ', "-").to_lowercase());
    }
    window.page().press(&[key::CONTROL, "k"])?;
    let field = window.wait("the palette", |page| page.find("[role=dialog] input"))?;
    window.page().type_into(&field, "account")?;
    window.wait("a trace of that word", |page| page.find_with_text("[role=option]", "script"))?;
    unharmed(&window, "the palette")?;
    window.page().press(&[key::ESCAPE])?;

    search(&window, "long")?;
    window.wait("one trace", |page| {
        ensure!(rows(page)? == 1);
        Ok(())
    })?;
    let row = window.page().find("[role=grid] [role=row]")?;
    window.page().click(&row)?;
    window.wait("ten megabytes are cut where they are shown", |page| page.find_with_text("button.link", "show all"))?;
    let nodes = window.page().run("return document.querySelectorAll('*').length", &[])?;
    ensure!(nodes.as_u64().is_some_and(|n| n < 1500), "{nodes} nodes");
    window.picture("long");
    ensure!(visits.load(Ordering::SeqCst) == 0, "{} requests left", visits.load(Ordering::SeqCst));
    window.finish()
}
