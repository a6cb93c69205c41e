//! The provider on loopback as a program. Its first line of output is its base URL.

use anyhow::{Context as _, Result};
use retake_testkit::args::Args;
use retake_testkit::loopback::{Cut, Loopback, Options, Reply};
use std::io::Write as _;

const HELP: &str = "\
usage: loopback [--port N] [--text TEXT | --tokens A|B|C | --echo | --body BODY] [options]

Prints its base URL, then serves OpenAI chat completions and Anthropic messages until it is ended.
GET /loopback/requests at its origin lists what it received.

  --script FILE          replies, one JSON object a line (fields as the options, with _), in order, the last repeated;
                         {\"when\": TEXT, …} is for requests whose body holds TEXT
  --status N             HTTP status; from 400 on an error body
  --message TEXT         the provider's own words of the error
  --header NAME:VALUE    may be given again
  --delay-ms N           before the response begins
  --first-token-ms N     after the headers, before the first token
  --pace-ms N            before each further token
  --break-after-bytes N  break the connection within the body
  --end-after-bytes N    end the body early, as if complete
  --stall-after-bytes N  send no more and keep the connection
  --split-bytes N        send the body in pieces of N bytes
  --error-after-tokens N an error event within a stream
  --finish WORD          finish reason in OpenAI's words
  --model NAME           model named in the answer
  --input-tokens N  --output-tokens N  --no-usage
  --key KEY              refuse requests without this key
  --log FILE             append each request, one JSON object a line";

fn main() -> Result<()> {
    let mut args = Args::of_process();
    if args.flag("--help") {
        println!("{HELP}");
        return Ok(());
    }
    let mut options = Options {
        port: args.option("--port")?.unwrap_or(0),
        key: args.option("--key")?,
        log: args.option("--log")?,
        ..Options::default()
    };
    if let Some(path) = args.option::<String>("--script")? {
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            options.replies.push(serde_json::from_str(line).with_context(|| format!("{path}:{}", at + 1))?);
        }
    } else {
        options.replies.push(reply(&mut args)?);
    }
    args.finish()?;
    let provider = Loopback::with(options)?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", provider.base_url())?;
    stdout.flush()?;
    drop(stdout);
    provider.join();
    Ok(())
}

fn reply(args: &mut Args) -> Result<Reply> {
    let mut reply = Reply::text("This is the provider on loopback.");
    if let Some(text) = args.option::<String>("--text")? {
        reply = Reply::text(&text);
    }
    if let Some(tokens) = args.option::<String>("--tokens")? {
        reply = Reply::tokens(tokens.split('|'));
    }
    reply.echo = args.flag("--echo");
    reply.body = args.option("--body")?;
    reply.status = args.option("--status")?.unwrap_or(200);
    reply.message = args.option("--message")?;
    for header in args.options("--header")? {
        let (name, value) = header.split_once(':').with_context(|| format!("--header {header:?} has no colon"))?;
        reply = reply.header(name.trim(), value.trim());
    }
    reply.delay_ms = args.option("--delay-ms")?.unwrap_or(0);
    reply.first_token_ms = args.option("--first-token-ms")?.unwrap_or(0);
    reply.pace_ms = args.option("--pace-ms")?.unwrap_or(0);
    for (name, cut) in [
        ("--break-after-bytes", Cut::Break as fn(usize) -> Cut),
        ("--end-after-bytes", Cut::End),
        ("--stall-after-bytes", Cut::Stall),
    ] {
        if let Some(bytes) = args.option(name)? {
            reply.cut = Some(cut(bytes));
        }
    }
    reply.split_bytes = args.option("--split-bytes")?;
    reply.error_after_tokens = args.option("--error-after-tokens")?;
    reply.finish_reason = args.option("--finish")?;
    reply.model = args.option("--model")?;
    reply.input_tokens = args.option("--input-tokens")?;
    reply.output_tokens = args.option("--output-tokens")?;
    reply.no_usage = args.flag("--no-usage");
    Ok(reply)
}
