//! A client of the W3C WebDriver protocol, as much of it as the tests of the window need. It speaks to a driver on
//! loopback, one request a connection.

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The key of an element's reference in JSON, fixed by the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long the driver may take for one answer: it waits for the page, which waits for a busy machine.
const ANSWER: Duration = Duration::from_secs(45);

/// Keys that have no character, by the protocol's table.
pub mod key {
    pub const BACKSPACE: &str = "\u{e003}";
    pub const TAB: &str = "\u{e004}";
    pub const DOWN: &str = "\u{e015}";
    pub const ENTER: &str = "\u{e007}";
    pub const ESCAPE: &str = "\u{e00c}";
    pub const SHIFT: &str = "\u{e008}";
    pub const CONTROL: &str = "\u{e009}";
    pub const RIGHT: &str = "\u{e014}";
}

/// A window under control.
pub struct Session {
    port: u16,
    id: String,
}

/// An element of its page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Session {
    /// Starts the program; returns when its page can be asked.
    pub fn start(port: u16, program: &str, args: &[String]) -> Result<Self> {
        // A `browserName` would make the driver look for its own browser.
        let capabilities =
            json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": {"binary": program, "args": args}}}});
        let value = request(port, "POST", "/session", Some(&capabilities))?;
        let id = value["sessionId"].as_str().context("the driver gave no session id")?.to_owned();
        Ok(Self { port, id })
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        request(self.port, method, &format!("/session/{}{path}", self.id), body)
    }

    /// Runs a function body in the page; `arguments` are its arguments. A returned element is JSON.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        self.ask("POST", "/execute/sync", Some(&json!({"script": script, "args": arguments})))
    }

    /// The first element that a CSS selector finds.
    pub fn find(&self, css: &str) -> Result<Element> {
        let value = self.ask("POST", "/element", Some(&json!({"using": "css selector", "value": css})))?;
        element(&value).with_context(|| format!("nothing fits {css:?}"))
    }

    /// The first visible element of the selector whose text or label holds the words.
    pub fn find_with_text(&self, css: &str, words: &str) -> Result<Element> {
        let script = "const [css, words] = arguments;
            return [...document.querySelectorAll(css)].find((e) => e.getClientRects().length > 0 &&
                ((e.textContent ?? '') + ' ' + (e.getAttribute('aria-label') ?? '')).includes(words)) ?? null;";
        let value = self.run(script, &[json!(css), json!(words)])?;
        element(&value).with_context(|| format!("no {css:?} says {words:?}"))
    }

    /// Clicks as a person does; by script where this build of the web view takes no pointer.
    pub fn click(&self, target: &Element) -> Result<()> {
        let clicked = self.ask("POST", &format!("/element/{}/click", target.0), Some(&json!({})));
        if let Err(error) = clicked {
            eprintln!("click by script, since: {error:#}");
            self.run("arguments[0].click()", &[reference(target)])?;
        }
        Ok(())
    }

    /// Types into an element.
    pub fn type_into(&self, target: &Element, text: &str) -> Result<()> {
        self.ask("POST", &format!("/element/{}/value", target.0), Some(&json!({"text": text}))).map(drop)
    }

    /// Presses keys on what has the focus; all are held together, as in Control with K.
    pub fn press(&self, keys: &[&str]) -> Result<()> {
        let step = |kind: &str, key: &&str| json!({"type": kind, "value": key});
        let down = keys.iter().map(|key| step("keyDown", key));
        let up = keys.iter().rev().map(|key| step("keyUp", key));
        let actions: Vec<Value> = down.chain(up).collect();
        let body = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.ask("POST", "/actions", Some(&body)).map(drop)
    }

    /// Drags with the pointer's first button from one place of the page to another, in CSS pixels.
    pub fn drag(&self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        let moved = |(x, y): (f64, f64), ms: u32| json!({"type": "pointerMove", "duration": ms, "x": x.round(), "y": y.round(), "origin": "viewport"});
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let rest = json!({"type": "pause", "duration": 100});
        let actions = [
            moved(from, 50),
            json!({"type": "pointerDown", "button": 0}),
            rest.clone(),
            moved(middle, 100),
            moved(to, 100),
            rest,
            json!({"type": "pointerUp", "button": 0}),
        ];
        let pointer =
            json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions});
        self.ask("POST", "/actions", Some(&json!({"actions": [pointer]}))).map(drop)
    }

    /// Drags one element onto another.
    pub fn drag_onto(&self, from: &Element, to: &Element) -> Result<()> {
        let script = "return [...arguments].map((node) => node.getBoundingClientRect()).map((box) =>
            [box.left + box.width / 2, box.top + box.height / 2])";
        let found = self.run(script, &[reference(from), reference(to)])?;
        let at = |n: usize| Some((found[n][0].as_f64()?, found[n][1].as_f64()?));
        self.drag(at(0).context("a place")?, at(1).context("a place")?)
    }

    /// Text of an element as it is rendered.
    pub fn text(&self, target: &Element) -> Result<String> {
        let value = self.ask("GET", &format!("/element/{}/text", target.0), None)?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Puts the window into the corner of the screen, with this size in pixels.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let rect = json!({"x": 0, "y": 0, "width": width, "height": height});
        self.ask("POST", "/window/rect", Some(&rect)).map(drop)
    }

    /// Address of the page; it is asked of the driver, not of the page.
    pub fn address(&self) -> Result<String> {
        Ok(self.ask("GET", "/url", None)?.as_str().unwrap_or_default().to_owned())
    }

    /// The windows of the program, by handle.
    pub fn windows(&self) -> Result<Vec<String>> {
        let handles = self.ask("GET", "/window/handles", None)?;
        Ok(handles.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Asks another window from now on.
    pub fn switch_to(&self, handle: &str) -> Result<()> {
        self.ask("POST", "/window", Some(&json!({"handle": handle}))).map(drop)
    }

    /// Ends the program.
    pub fn end(&self) -> Result<()> {
        self.ask("DELETE", "", None).map(drop)
    }
}

/// An element as an argument of a script.
pub fn reference(target: &Element) -> Value {
    json!({ELEMENT: target.0})
}

fn element(value: &Value) -> Option<Element> {
    value.get(ELEMENT).and_then(Value::as_str).map(|id| Element(id.to_owned()))
}

/// Whether a driver answers on the port.
pub fn is_ready(port: u16) -> bool {
    request(port, "GET", "/status", None).is_ok()
}

fn request(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("the driver does not answer")?;
    stream.set_read_timeout(Some(ANSWER))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).context("the driver did not finish its answer")?;
    let answer = String::from_utf8_lossy(&bytes);
    let (_, json) = answer.split_once("\r\n\r\n").ok_or_else(|| anyhow!("the driver closed the connection"))?;
    let mut answer: Value = serde_json::from_str(json).with_context(|| format!("the driver answered {json:?}"))?;
    let value = answer["value"].take();
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        bail!("{method} {path}: {error}: {}", value["message"].as_str().unwrap_or_default())
    }
    Ok(value)
}
