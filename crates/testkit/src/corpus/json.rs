//! JSON text without a tree in between, since a corpus is gigabytes.

/// Appends a JSON string.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\', '\n', '\r', '\t']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => "\\t",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// A JSON string of its own.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    string(&mut out, text);
    out
}

/// A span under construction.
pub struct Span {
    text: String,
    first: bool,
}

/// When and where a span is.
pub struct Head<'a> {
    pub trace: &'a str,
    pub id: &'a str,
    pub parent: Option<&'a str>,
    pub name: &'a str,
    pub kind: u8,
    pub start_ns: u64,
    pub end_ns: u64,
}

impl Span {
    pub fn begin(head: &Head) -> Self {
        let mut text = String::with_capacity(4096);
        text.push_str(&format!(r#"{{"traceId":"{}","spanId":"{}","#, head.trace, head.id));
        if let Some(parent) = head.parent {
            text.push_str(&format!(r#""parentSpanId":"{parent}","#));
        }
        text.push_str(&format!(
            r#""name":{},"kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":["#,
            quoted(head.name),
            head.kind,
            head.start_ns,
            head.end_ns
        ));
        Self { text, first: true }
    }

    fn key(&mut self, key: &str) {
        if !self.first {
            self.text.push(',');
        }
        self.first = false;
        self.text.push_str(&format!(r#"{{"key":"{key}","value":"#));
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text.push_str(r#"{"stringValue":"#);
        string(&mut self.text, value);
        self.text.push_str("}}");
    }

    pub fn int(&mut self, key: &str, value: u64) {
        self.key(key);
        self.text.push_str(&format!(r#"{{"intValue":"{value}"}}}}"#));
    }

    pub fn double(&mut self, key: &str, value: f64) {
        self.key(key);
        self.text.push_str(&format!(r#"{{"doubleValue":{value:?}}}}}"#));
    }

    pub fn list(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text.push_str(&format!(r#"{{"arrayValue":{{"values":[{{"stringValue":{}}}]}}}}}}"#, quoted(value)));
    }

    /// The finished span; an error has a message.
    pub fn end(mut self, error: Option<&str>) -> String {
        match error {
            Some(message) => self.text.push_str(&format!(r#"],"status":{{"code":2,"message":{}}}}}"#, quoted(message))),
            None => self.text.push_str(r#"],"status":{"code":1}}"#),
        }
        self.text
    }
}
