//! A run of several cases as a matrix: what each variant said, against what was recorded.

use crate::host::{core, import};
use retake_api::dto::IdRequest;
use retake_api::dto::compare::{MatrixCell, MatrixRow};
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
    // The request of one call holds a removed secret and is left out.
    let (sent, left_out): (Vec<&MatrixRow>, Vec<&MatrixRow>) =
        matrix.rows.iter().partition(|row| row.cells.iter().all(Option::is_some));
    assert!(sent.len() > 1 && left_out.iter().all(|row| row.disagreement.is_none()), "{left_out:#?}");
    assert_eq!((run.takes.len(), run.left_out.len()), (sent.len() * 4, left_out.len() * 2));
    let mut answered = 0;
    for row in sent {
        assert!(row.question.as_deref().is_some_and(|question| !question.is_empty()), "{row:#?}");
        let cells: Vec<&MatrixCell> = row.cells.iter().flatten().collect();
        let [again, other] = cells.as_slice() else { panic!("two cells: {row:#?}") };
        // What the recordings do not hold has failed, and is not compared.
        let (verdict, same) = match again.status.as_str() {
            "failed" => (None, None),
            _ => (Some("same"), Some(2)),
        };
        assert_eq!((again.verdict.as_deref(), again.same), (verdict, same), "{row:#?}");
        answered += usize::from(verdict.is_some());
        assert_eq!((again.repeats, other.repeats, other.same), (2, 2, Some(0)), "{row:#?}");
        assert!(matches!(other.verdict.as_deref(), Some("words" | "tool_calls")), "{row:#?}");
        assert!(other.words > Some(0) && row.disagreement.is_some_and(|share| share > 0.0 && share <= 1.0), "{row:#?}");
    }
    assert!(answered > 1, "{answered} calls are answered by their recording");
    let span_id = matrix.rows.iter().find(|row| row.disagreement.is_some()).and_then(|row| row.span_id.clone());
    let one = run_get(core, RunRequest { id: run.run_id, span_id }).await.expect("the run");
    assert_eq!((one.takes.len(), one.counts.done), (4, run.counts.done), "the counts are of the whole run");
}
