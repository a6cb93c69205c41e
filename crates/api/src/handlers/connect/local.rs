//! Model servers of this machine, on the ports where they usually listen. They are asked when somebody opens the picker, and
//! never else; a port on which nothing listens is sent nothing.

use super::{ask_for_models, call_for_models};
use crate::dto::Empty;
use crate::dto::connect::{LocalServer, LocalServers};
use crate::{ApiError, Core};
use retake_store::ConnectionRow;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Ports and what usually listens there: the documented defaults of the servers.
const USUAL: &[(u16, &str)] = &[
    (11434, "ollama"),
    (1234, "lm-studio"),
    (8080, "llama-cpp"),
    (8000, "vllm"),
    (4000, "litellm"),
    (1337, "jan"),
    (5001, "koboldcpp"),
    (30000, "sglang"),
];

/// How long a port may take to answer at all: it is on this machine.
const CONNECT: Duration = Duration::from_millis(200);
/// How long its list of models may take.
const ANSWER: Duration = Duration::from_secs(2);

/// Looks for servers, all ports at once. What answers with something else than a list of models is none.
///
/// # Errors
/// Those of the database.
pub async fn connections_local(core: Arc<Core>, _: Empty) -> Result<LocalServers, ApiError> {
    look(core, USUAL).await
}

async fn look(core: Arc<Core>, usual: &'static [(u16, &'static str)]) -> Result<LocalServers, ApiError> {
    let (open, known) = core
        .blocking(move |core| {
            let tries: Vec<_> = usual.iter().map(|&(port, _)| std::thread::spawn(move || listens(port))).collect();
            let open = tries.into_iter().map(|one| one.join().unwrap_or(false)).collect::<Vec<_>>();
            Ok((open, core.workspace()?.connections()?))
        })
        .await?;
    let asked = usual.iter().zip(open).filter(|(_, open)| *open).map(|(&(port, name), _)| {
        let core = Arc::clone(&core);
        tokio::spawn(async move { ask(&core, port, name).await })
    });
    let mut servers = Vec::new();
    for one in asked.collect::<Vec<_>>() {
        servers.extend(one.await.map_err(ApiError::internal)??);
    }
    for server in &mut servers {
        let same = |url: &str| url.trim_end_matches('/').replace("localhost", "127.0.0.1") == server.base_url;
        server.connection = known.iter().find(|row| same(&row.base_url)).map(|row| row.name.clone());
    }
    Ok(LocalServers { servers, ports: usual.iter().map(|(port, _)| *port).collect() })
}

fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), CONNECT).is_ok()
}

/// Asks a port for its models; one that has none to tell is no model server.
async fn ask(core: &Arc<Core>, port: u16, name: &str) -> Result<Option<LocalServer>, ApiError> {
    let base_url = format!("http://127.0.0.1:{port}/v1");
    let kind = "openai-compatible";
    let row = ConnectionRow { name: name.to_owned(), kind: kind.to_owned(), base_url: base_url.clone() };
    let call = call_for_models(&row, ANSWER);
    let models = match ask_for_models(core, kind, &call, format!("127.0.0.1:{port}")).await? {
        Ok(models) => models,
        // It wants a key, so it is there; without one it tells nothing.
        Err(why) if retake_model::Coded::code(&why) == retake_model::Code::ProviderKeyRejected => Vec::new(),
        Err(_) => return Ok(None),
    };
    Ok(Some(LocalServer { name: name.to_owned(), base_url, models, connection: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;
    use retake_store::{OpenMode, Workspace};
    use std::io::{Read as _, Write as _};

    struct Still;

    impl Host for Still {
        fn now_ns(&self) -> i64 {
            1
        }
        fn emit(&self, _: &str, _: &str) {}
        fn pick(&self, _: &str) -> Vec<std::path::PathBuf> {
            Vec::new()
        }
        fn variable(&self, _: &str) -> Option<String> {
            None
        }
        fn read_file(&self, _: &str) -> std::io::Result<String> {
            Err(std::io::ErrorKind::Unsupported.into())
        }
        fn sample_folder(&self) -> Option<std::path::PathBuf> {
            None
        }
        fn log_path(&self) -> Option<std::path::PathBuf> {
            None
        }
    }

    /// A server that answers each connection with the same text. Gives its port.
    fn server(answer: &'static str) -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 1024];
                if stream.read(&mut request).is_ok_and(|n| n > 0) {
                    let _sent = stream.write_all(answer.as_bytes());
                }
            }
        });
        port
    }

    #[tokio::test]
    async fn a_server_is_told_with_its_models_and_what_is_none_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Workspace::open(&folder.path().join("w.retake"), OpenMode::Create).expect("a workspace");
        let core = Core::new(workspace, Arc::new(Still));
        let body = r#"{"object":"list","data":[{"id":"small"},{"id":"large"}]}"#;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ";
        let models = server(Box::leak(format!("{head}{}\r\n\r\n{body}", body.len()).into_boxed_str()));
        let keyed = server("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let other = server("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let closed =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
        let usual = Box::leak(Box::new([(models, "a"), (keyed, "b"), (other, "c"), (closed, "d")]));
        let found = look(Arc::clone(&core), usual).await.expect("it looks");
        let told: Vec<_> = found.servers.iter().map(|one| (one.name.as_str(), one.models.len())).collect();
        assert_eq!(told, [("a", 2), ("b", 0)]);
        assert_eq!(found.servers[0].base_url, format!("http://127.0.0.1:{models}/v1"));
        assert_eq!(found.ports.len(), 4);
    }
}
