//! A TypeScript program with `fetch`. A JSON value is a TypeScript expression.

use super::{Parts, curl::pretty};
use serde_json::Value;

pub(super) fn write(parts: &Parts) -> String {
    let mut headers = String::from("    \"content-type\": \"application/json\",\n");
    for (name, value) in &parts.headers {
        let value = match value.split_once("{key}") {
            Some((before, after)) => format!("`{before}${{process.env.{}}}{after}`", parts.variable),
            None => Value::from(*value).to_string(),
        };
        headers.push_str(&format!("    {}: {value},\n", Value::from(*name)));
    }
    format!(
        "const body = {};\n\nconst answer = await fetch({}, {{\n  method: \"POST\",\n  headers: {{\n{headers}  }},\n  body: JSON.stringify(body),\n}});\nif (!answer.ok) throw new Error(`${{answer.status}}: ${{await answer.text()}}`);\nconsole.log(await answer.json());\n",
        pretty(&parts.body),
        Value::from(parts.url.as_str()),
    )
}
