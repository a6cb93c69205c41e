//! `compare`.

use crate::output::Output;
use retake_api::dto::compare::CompareRequest;
use retake_api::{ApiError, Core, handlers};
use retake_model::Exit;
use std::fmt::Write;
use std::sync::Arc;

/// `retake compare`.
pub async fn run(core: Arc<Core>, takes: &[String], lines: bool, output: &Output) -> Result<Exit, ApiError> {
    let request = CompareRequest { takes: takes.to_vec(), unit: lines.then(|| "line".to_owned()) };
    let comparison = handlers::compare::compare(core, request).await?;
    output.document("compare", &comparison, |text| {
        comparison.takes.iter().for_each(|take| super::replay::write_take(text, take));
        for pair in &comparison.pairs {
            let _ = writeln!(text, "against {}: {:.0} % alike", pair.take_id, pair.text.similarity * 100.0);
            for op in &pair.text.ops {
                match op.op.as_str() {
                    "equal" => text.push_str(&op.a),
                    "delete" => {
                        let _ = write!(text, "[-{}-]", op.a);
                    }
                    "insert" => {
                        let _ = write!(text, "{{+{}+}}", op.b);
                    }
                    _ => {
                        let _ = write!(text, "[-{}-]{{+{}+}}", op.a, op.b);
                    }
                }
            }
            text.push('\n');
            for call in pair.tool_calls.iter().filter(|call| call.op != "equal") {
                let name = call.a.as_ref().or(call.b.as_ref()).map_or("", |call| call.name.as_str());
                let _ = writeln!(text, "tool call {name}: {}", call.op);
            }
        }
    });
    Ok(Exit::Done)
}
