//! Whether and when a failed attempt is made again. Order of what is heard: the delay in a Google-style error body, then
//! `retry-after-ms`, then `retry-after` (seconds or an HTTP date), then backoff with full jitter.

use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Longest wait that is kept; a provider that asks for more is given up, with its wish in the error.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);
const FIRST_BACKOFF_MS: f64 = 500.0;
const LONGEST_BACKOFF_MS: f64 = 30_000.0;

/// What a provider's answer says about trying again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advice {
    /// Whether another attempt can help.
    pub again: bool,
    /// What it asks to wait.
    pub after: Option<Duration>,
}

/// Reads status, headers and body. `header` looks a header up by its lower-case name.
pub fn advice(status: u16, header: &dyn Fn(&str) -> Option<String>, body: &Value, now: SystemTime) -> Advice {
    let after = from_body(body)
        .or_else(|| header("retry-after-ms")?.trim().parse::<f64>().ok().and_then(milliseconds))
        .or_else(|| from_header(header("retry-after")?.trim(), now));
    let by_status = match status {
        400 | 401 | 403 | 404 | 422 => false,
        408 | 409 | 425 | 429 => true,
        status => status >= 500,
    };
    let again = match header("x-should-retry").as_deref().map(str::trim) {
        Some("false") => false,
        Some("true") => !matches!(status, 400 | 401 | 403 | 404 | 422),
        _ => by_status,
    };
    Advice { again, after }
}

/// Wait before attempt `attempt` (1 is the first repetition); `random` is in 0..1.
pub fn backoff(attempt: u32, random: f64) -> Duration {
    let bound = (FIRST_BACKOFF_MS * 2f64.powi(attempt.min(16).saturating_sub(1) as i32)).min(LONGEST_BACKOFF_MS);
    Duration::from_secs_f64(bound * random.clamp(0.0, 1.0) / 1000.0)
}

/// `retryDelay` of a `google.rpc.RetryInfo`, also when the error stands in an array.
fn from_body(body: &Value) -> Option<Duration> {
    let body = if let Value::Array(items) = body { items.first()? } else { body };
    let details = body.pointer("/error/details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    let seconds: f64 = delay.trim_end_matches('s').parse().ok()?;
    milliseconds(seconds * 1000.0)
}

fn from_header(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<f64>() {
        return milliseconds(seconds * 1000.0);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn milliseconds(ms: f64) -> Option<Duration> {
    (ms.is_finite() && (0.0..1e12).contains(&ms)).then(|| Duration::from_secs_f64(ms / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(status: u16, headers: &[(&str, &str)], body: Value) -> Advice {
        let headers: Vec<(String, String)> = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let find = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        advice(status, &find, &body, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
    }

    #[test]
    fn the_body_goes_before_the_headers() {
        let body =
            json!({"error": {"code": 429, "details": [{"@type": "x"}, {"@type": "RetryInfo", "retryDelay": "34.5s"}]}});
        let headers = [("retry-after-ms", "1500"), ("retry-after", "7")];
        assert_eq!(with(429, &headers, body).after, Some(Duration::from_millis(34_500)));
        assert_eq!(with(429, &headers, Value::Null).after, Some(Duration::from_millis(1500)));
        assert_eq!(with(429, &headers[1..], Value::Null).after, Some(Duration::from_secs(7)));
        assert_eq!(
            with(503, &[("retry-after", "Sun, 09 Sep 2001 01:46:50 GMT")], Value::Null).after,
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            with(503, &[("retry-after", "Sun, 09 Sep 2001 01:46:00 GMT")], Value::Null).after,
            Some(Duration::ZERO)
        );
        assert_eq!(with(503, &[("retry-after", "soon")], Value::Null).after, None);
    }

    #[test]
    fn some_answers_are_final() {
        for status in [400, 401, 403, 404, 422] {
            assert!(!with(status, &[("x-should-retry", "true")], Value::Null).again, "{status}");
        }
        for status in [429, 500, 502, 503, 529] {
            assert!(with(status, &[], Value::Null).again, "{status}");
            assert!(!with(status, &[("x-should-retry", "false")], Value::Null).again, "{status}");
        }
    }

    #[test]
    fn backoff_grows_to_a_bound() {
        assert_eq!(backoff(1, 1.0), Duration::from_millis(500));
        assert_eq!(backoff(3, 1.0), Duration::from_secs(2));
        assert_eq!(backoff(40, 1.0), Duration::from_secs(30));
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
    }
}
