//! A run of several cases as a matrix: what each variant said, against what was recorded.

use crate::host::{core, import};
use retake_api::dto::IdRequest;
use retake_api::dto::compare::MatrixCell;
use retake_api::dto::replay::{ReplayRequest, RunRequest, VariantInput};
use retake_api::handlers::compare::run_matrix;
use retake_api::handlers::replay::{run_get, run_to_end};
use retake_testkit::loopback::{Loopback, Reply};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn variant(spec: String) -> VariantInput {
    VariantInput { name: None, spec: Some(spec), messages: Vec::new(), params: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cell_is_a_variant_against_the_recorded_answer() {
    let server = Loopback::answering(|_| Reply::text("Nothing of the kind.").usage(10, 4));
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    import(&core, &[Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sample/traces.jsonl")]);
    let request = ReplayRequest {
        ids: Vec::new(),
        query: Some("environment:production".to_owned()),
        request: None,
        variants: vec![
            variant("name=again,provider=recorded".to_owned()),
            variant(format!("name=other,provider=openai-compatible,base-url={}", server.base_url())),
        ],
        plan: None,
        repeats: Some(2),
        max_usd: None,
        concurrency: Some(4),
        accept_fidelity: None,
        allow_destinations: vec![format!("127.0.0.1:{}", server.port())],
        allow_unpriced: true,
    };
    let never = CancellationToken::new();
    let run = run_to_end(Arc::clone(&core), request, never, &|_, _, _| {}).await.expect("a run");
    let matrix = run_matrix(Arc::clone(&core), IdRequest { id: run.run_id.clone() }).await.expect("a matrix");
    assert_eq!(
        (matrix.variants.as_slice(), &matrix.status),
        (["again".to_owned(), "other".to_owned()].as_slice(), &run.status)
    );
    assert!(matrix.rows.len() > 1, "{} cases", matrix.rows.len());
    assert_eq!(run.takes.len(), matrix.rows.len() * 4);
    for row in &matrix.rows {
        assert!(row.question.as_deref().is_some_and(|question| !question.is_empty()), "{row:#?}");
        let cells: Vec<&MatrixCell> = row.cells.iter().flatten().collect();
        let [again, other] = cells.as_slice() else { panic!("two cells: {row:#?}") };
        assert_eq!((again.verdict.as_deref(), again.words, again.same), (Some("same"), Some(0), Some(2)), "{row:#?}");
        assert_eq!((again.repeats, other.repeats, other.same), (2, 2, Some(0)), "{row:#?}");
        assert!(matches!(other.verdict.as_deref(), Some("words" | "tool_calls")), "{row:#?}");
        assert!(other.words > Some(0) && row.disagreement.is_some_and(|share| share > 0.0 && share <= 1.0), "{row:#?}");
    }
    let span_id = matrix.rows.first().and_then(|row| row.span_id.clone());
    let one = run_get(core, RunRequest { id: run.run_id, span_id }).await.expect("the run");
    assert_eq!((one.takes.len(), one.counts.done), (4, run.counts.done), "the counts are of the whole run");
}
