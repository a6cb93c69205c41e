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
fn a_wrong_key_names_the_connection_and_not_the_key() {
    let provider = Loopback::with(Options { key: Some("another".into()), ..Options::default() }).unwrap();
    let (home, calls) = home_with(1);
    home.retake(&["connect", "add", "lo", "--kind", "openai-compatible", "--base-url", &provider.base_url(), "--yes"])
        .ok();
    let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--variant".into(), "connection=lo".into()];
    args.extend(allowed(&provider));
    let mut command = home.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    command.env("RETAKE_KEY_LO", KEY);
    let run = retake_tests::Run::of(command);
    run.error(4);
    assert!(!run.stdout.contains(KEY) && !run.stderr.contains(KEY), "{run}");
    let document = run.document();
    assert_eq!(document["takes"][0]["error"]["code"], "RTK-P007", "{run}");
    assert!(document["takes"][0]["error"]["message"].as_str().unwrap().contains("lo"), "{run}");
    nowhere(&home);
}
