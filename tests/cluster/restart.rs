//! The program is killed in the middle of provisioning, and started again.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use seaworthy::app::App;
use seaworthy::config::Config;
use seaworthy::labs::SessionState;

use crate::LAB;
use crate::ports::free_port;
use crate::site::{Hold, PATIENCE, configure, environment, eventually, learner};

struct Program(Child);

impl Program {
    fn start(config: &Config, port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .arg("serve")
            .env("SEAWORTHY_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("SEAWORTHY_SERVER__SECRET", config.server.secret.as_ref().unwrap().expose())
            .env("SEAWORTHY_DATABASE__URL", config.database.url.expose())
            .env("SEAWORTHY_CLUSTER__KUBECONFIG", config.cluster.kubeconfig.as_ref().unwrap())
            .env("SEAWORTHY_CLUSTER__POLICY_PROBE_MINUTES", "0")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "the program does not serve");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_killed_while_provisioning_resumes() {
    let _hold = Hold::shared().await;
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let config = configure(folder.path(), |_config, _folder| {});
    let app = App::build(&config, environment()).await.unwrap();
    let program = Program::start(&config, port);
    let ada = learner(&app, &format!("http://127.0.0.1:{port}"), "ada").await;
    let find = async || app.labs.find_session(&ada.person().id, LAB).await.unwrap();
    eventually("no lab starts", async || {
        ada.post("/labs/service-annotations/start", &[]).await.location();
        find().await.is_some()
    })
    .await;
    drop(program);
    let find = async || find().await.unwrap();
    let session = find().await;
    assert_eq!(session.state, SessionState::Provisioning, "it was killed too late to show anything");

    let program = Program::start(&config, port);
    eventually("it was not resumed", async || find().await.state == SessionState::Ready).await;
    assert_eq!(find().await.namespace, session.namespace);
    drop(program);
    app.cluster.delete_namespace(&session.namespace).await.unwrap();
}
