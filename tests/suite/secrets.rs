//! A key is in the keyring and nowhere else.

use crate::replaying::{allowed, home_with};
use retake_testkit::loopback::{Loopback, Options, Reply};
use retake_tests::Home;
use std::path::PathBuf;

const KEY: &str = "sk-test-7f3a9c1e5b2d4068a1c3e5f7";

fn files_below(folder: PathBuf) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files
}

#[track_caller]
fn nowhere(home: &Home) {
    for file in files_below(home.path("")) {
        // The keyring's own file is encrypted; a plain one would be a failure too.
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(
            !bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()),
            "the key stands in {}",
            file.display()
        );
    }
}

#[test]
fn a_key_goes_to_the_keyring_and_into_no_file() {
    if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none() {
        return retake_testkit::skip("keyring", "there is no session bus; run `cargo xtask test`");
    }
    let options =
        Options { key: Some(KEY.into()), replies: vec![Reply::text("let in").delay_ms(800)], ..Options::default() };
    let provider = Loopback::with(options).unwrap();
    let (home, calls) = home_with(1);
    home.retake(&["connect", "add", "lo", "--kind", "openai-compatible", "--base-url", &provider.base_url(), "--yes"])
        .ok();
    let set = home.retake_with_input(&["secret", "set", "lo", "--yes"], KEY.as_bytes());
    let shown = set.ok();
    assert!(!shown.to_string().contains(KEY), "{shown}");
    let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--variant".into(), "connection=lo".into()];
    args.extend(allowed(&provider));
    let mut child = home.start(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let began = std::time::Instant::now();
    while provider.count() == 0 {
        assert!(began.elapsed().as_secs() < 60 && child.try_wait().unwrap().is_none(), "nothing is sent");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // While the key is in use, neither the environment nor the words of the process hold it.
    for file in ["environ", "cmdline"] {
        let bytes = std::fs::read(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
        assert!(!bytes.is_empty() || !cfg!(target_os = "linux"), "{file} can be read");
        assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "the key stands in {file}");
    }
    let run = retake_tests::Run::end_of(child, &["replay"]);
    assert_eq!(run.ok()["takes"][0]["output_text"], "let in", "{run}");
    let listed = home.retake(&["connect", "list"]).ok();
    assert_eq!(listed["connections"][0]["has_key"], true, "{listed:#}");
    nowhere(&home);
    home.retake(&["secret", "remove", "lo", "--yes"]).ok();
    let listed = home.retake(&["connect", "list"]).ok();
    assert_eq!(listed["connections"][0]["has_key"], false, "{listed:#}");
}

#[test]
fn without_a_keyring_the_hint_names_the_variable_and_the_variable_works() {
    let options = Options { key: Some(KEY.into()), replies: vec![Reply::text("let in")], ..Options::default() };
    let provider = Loopback::with(options).unwrap();
    let (home, calls) = home_with(1);
    home.retake(&["connect", "add", "lo", "--kind", "openai-compatible", "--base-url", &provider.base_url(), "--yes"])
        .ok();
    let mut command = home.command(&["secret", "set", "lo", "--yes"]);
    command
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("XDG_RUNTIME_DIR", home.path("none"))
        .stdin(std::fs::File::open(home.file("key", KEY)).unwrap());
    let error = retake_tests::Run::of(command).error(5);
    assert_eq!(error["code"], "RTK-K001", "{error}");
    assert!(error["hint"].as_str().unwrap().contains("RETAKE_KEY_LO"), "{error}");
    std::fs::remove_file(home.path("key")).unwrap();

    let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--variant".into(), "connection=lo".into()];
    args.extend(allowed(&provider));
    let mut command = home.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("RETAKE_KEY_LO", KEY);
    let run = retake_tests::Run::of(command);
    assert_eq!(run.ok()["takes"][0]["output_text"], "let in", "{run}");
    nowhere(&home);
}

#[test]
fn the_doctor_says_whether_a_keyring_answers_and_what_does_without_one() {
    let (home, _) = home_with(1);
    home.retake(&[
        "connect",
        "add",
        "lo",
        "--kind",
        "openai-compatible",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--yes",
    ])
    .ok();
    let mut command = home.command(&["doctor"]);
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("XDG_RUNTIME_DIR", home.path("none"));
    let run = retake_tests::Run::of(command);
    let document = run.ok();
    let checks = document["checks"].as_array().unwrap();
    let keyring = checks.iter().find(|check| check["id"] == "keyring").unwrap();
    assert_eq!(keyring["ok"], false, "{document:#}");
    assert!(keyring["message"].as_str().unwrap().contains("keyring"), "{document:#}");
    assert!(keyring["hint"].as_str().unwrap().contains("RETAKE_KEY_LO"), "{document:#}");
}

/// A gateway that answers one request with 401 and these words.
fn refusing(said: &str) -> std::net::SocketAddr {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = serde_json::json!({"error": {"message": said}}).to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let _read = stream.read(&mut head).unwrap();
        let length = body.len();
        write!(stream, "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
    });
    address
}

/// What providers and gateways say of a wrong key, which often repeats the key or a part of it.
#[test]
fn a_wrong_key_names_the_connection_and_not_the_key() {
    let masked = format!("{}***{}", &KEY[..10], &KEY[KEY.len() - 4..]);
    let said = [
        format!("Incorrect API key provided: {masked}. You can find your API key in your settings."),
        format!(
            "Authentication Error, Invalid proxy server token passed. Received API Key = {KEY}, Key Hash (Token) = 9f8e"
        ),
        "invalid x-api-key".to_owned(),
    ];
    for (kind, status, said) in [
        ("openai-compatible", 401, &said[0]),
        ("openai-compatible", 401, &said[1]),
        ("openai-compatible", 403, &said[1]),
        ("anthropic", 401, &said[2]),
        // A gateway that passes a wrong key off as a bad request, or as a broken server.
        ("openai-compatible", 400, &said[1]),
        ("openai-compatible", 500, &said[1]),
    ] {
        let provider = Loopback::start(vec![Reply::status(status).message(said)]);
        let (home, calls) = home_with(1);
        home.retake(&["connect", "add", "depot-gate", "--kind", kind, "--base-url", &provider.base_url(), "--yes"])
            .ok();
        let spec = "connection=depot-gate,max-tokens=64,retries=0";
        let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--variant".into(), spec.into()];
        args.extend(allowed(&provider));
        let mut command = home.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        command.env("RETAKE_KEY_DEPOT_GATE", KEY);
        let run = retake_tests::Run::of(command);
        let error = run.error(4);
        let document = run.document();
        let take = &document["takes"][0]["error"];
        let code = if matches!(status, 401 | 403) { "RTK-P007" } else { "RTK-P001" };
        assert_eq!((&take["code"], &error["code"]), (&code.into(), &code.into()), "{run}");
        for message in [&take["message"], &error["message"]] {
            assert!(message.as_str().unwrap().contains("depot-gate"), "{run}");
        }
        if code == "RTK-P007" {
            assert!(error["hint"].as_str().unwrap().contains("secret set depot-gate"), "{run}");
        }
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(KEY) && !text.contains(&masked), "{text}");
        }
        nowhere(&home);
    }
    let gateway = refusing(&said[1]);
    let home = home_with(1).0;
    let url = format!("http://{gateway}/v1");
    home.retake(&["connect", "add", "depot-gate", "--kind", "openai-compatible", "--base-url", &url, "--yes"]).ok();
    let destination = gateway.to_string();
    let mut command = home.command(&["connect", "test", "depot-gate", "--allow-destination", &destination]);
    command.env("RETAKE_KEY_DEPOT_GATE", KEY);
    let test = retake_tests::Run::of(command);
    let error = test.error(4);
    assert!(error["message"].as_str().unwrap().contains("depot-gate"), "{test}");
    assert!(error["hint"].as_str().unwrap().contains("secret set depot-gate"), "{test}");
    assert!(!test.stdout.contains(KEY) && !test.stderr.contains(KEY), "{test}");
    nowhere(&home);

    // Without a named connection the provider's name stands for it.
    let provider = Loopback::start(vec![Reply::status(401).message(&said[1])]);
    let (home, calls) = home_with(1);
    let spec = crate::replaying::variant(&provider, "openai-compatible", "");
    let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--variant".into(), spec];
    args.extend(allowed(&provider));
    let mut command = home.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    command.env("RETAKE_KEY_OPENAI_COMPATIBLE", KEY);
    let run = retake_tests::Run::of(command);
    assert!(run.error(4)["message"].as_str().unwrap().contains("openai-compatible"), "{run}");
    assert!(!run.stdout.contains(KEY) && !run.stderr.contains(KEY), "{run}");
    nowhere(&home);
}

/// A key of another kind than the connection's: one that no header can carry, or none at all.
#[test]
fn a_key_that_cannot_be_one_is_refused_without_being_shown() {
    let provider = Loopback::start(vec![Reply::text("ok")]);
    let (home, calls) = home_with(1);
    home.retake(&[
        "connect",
        "add",
        "depot-gate",
        "--kind",
        "openai-compatible",
        "--base-url",
        &provider.base_url(),
        "--yes",
    ])
    .ok();
    let broken = format!("{KEY}\u{1}");
    let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--variant".into(), "connection=depot-gate".into()];
    args.extend(allowed(&provider));
    let mut command = home.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    command.env("RETAKE_KEY_DEPOT_GATE", &broken);
    let run = retake_tests::Run::of(command);
    let error = run.error(2);
    assert_eq!(error["code"], "RTK-K003", "{run}");
    assert!(error["message"].as_str().unwrap().contains("depot-gate"), "{run}");
    assert!(!run.stdout.contains(KEY) && !run.stderr.contains(KEY), "{run}");
    assert_eq!(provider.count(), 0);
    let set = home.retake_with_input(&["secret", "set", "depot-gate", "--yes"], broken.as_bytes());
    assert!(set.exit != 0 && !set.stdout.contains(KEY) && !set.stderr.contains(KEY), "{set}");
    nowhere(&home);
}
