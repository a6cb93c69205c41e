//! `search`.

use crate::args::{Of, Search};
use crate::output::Output;
use retake_api::dto::search::{Row, SearchRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::Exit;
use std::fmt::Write;
use std::sync::Arc;

/// `retake search`.
pub async fn run(core: Arc<Core>, args: &Search, output: &Output) -> Result<Exit, ApiError> {
    let request = SearchRequest {
        query: args.query.join(" "),
        of: Some(if args.of == Of::Spans { "spans" } else { "traces" }.to_owned()),
        sort: args.sort.clone(),
        limit: Some(args.limit),
        after: args.after.clone(),
        facets: args.facets.clone(),
        utc_offset_minutes: None,
    };
    let page = handlers::search::search(core, request).await?;
    page.hints.iter().for_each(|hint| output.note(&format!("hint: {hint}")));
    output.document("search", &page, |text| {
        for row in &page.rows {
            line(text, row);
        }
        for (field, values) in &page.facets {
            let _ = writeln!(text, "{field}");
            for value in values {
                let _ = writeln!(text, "  {:>8}  {}", value.n, value.value.as_deref().unwrap_or("—"));
            }
        }
        let shown = page.rows.len();
        let about = if page.total_exact { "" } else { "at least " };
        let _ = writeln!(text, "{shown} of {about}{}", page.total);
        if let Some(next) = &page.next {
            let _ = writeln!(text, "next page: --after {next}");
        }
    });
    Ok(Exit::Done)
}

fn line(text: &mut String, row: &Row) {
    let status = if row.status == "error" { "✕" } else { " " };
    let what: String = row.question.as_deref().unwrap_or(&row.name).chars().take(60).collect();
    let _ = writeln!(
        text,
        "{status} {}  {}  {:<12} {:<60} {:>8} {:>10}  {}",
        row.start_ns.map_or_else(|| "—".to_owned(), |ns| time(ns.0)),
        row.trace_id,
        row.tenant.as_deref().unwrap_or("—"),
        what.replace('\n', " "),
        row.duration_ms.map_or_else(|| "—".to_owned(), |ms| format!("{ms:.0} ms")),
        usd(row.cost_usd_nanos),
        row.flags.join(" ")
    );
    if let Some(snippet) = &row.snippet {
        let _ = writeln!(text, "    … {} …", snippet.replace('\n', " "));
    }
}

/// A time in UTC for people.
pub fn time(ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ns))
        .map_or_else(|_| "—".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Money for people, rounded once. Unknown is a dash, and what is not nothing does not look like it.
pub fn usd(nanos: Option<i64>) -> String {
    match nanos {
        None => "—".to_owned(),
        Some(1..500) => "<$0.000001".to_owned(),
        Some(nanos) => {
            #[expect(clippy::cast_precision_loss, reason = "shown with six digits")]
            let dollars = nanos as f64 / 1e9;
            format!("${dollars:.6}")
        }
    }
}
