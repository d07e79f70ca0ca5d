//! A folder and a namespace in which the commands of a lesson run.

use std::path::{Path, PathBuf};
use std::process::Command;

use seaworthy::cluster::ImagesSettings;
use seaworthy::id::Random;
use tempfile::TempDir;

use super::blocks::Block;
use crate::site::kubeconfig;

/// The namespaces that lessons name; the cluster's are called otherwise, so that a run disturbs nothing.
const NAMESPACES: [&str; 2] = ["harbour", "notes"];
/// The context that lessons show.
const CONTEXT: &str = "kind-harbour";
/// In the name of each namespace of a run.
const MARK: &str = "-lesson-";
/// After so many seconds a command is given up.
const SECONDS: &str = "120";

/// A shell of its own for the blocks of one name.
pub(super) struct Shell {
    folder: TempDir,
    suffix: String,
}

impl Shell {
    fn prepare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let suffix = format!("{MARK}{}", Random::system().unwrap().hex::<4>());
        std::fs::copy(kubeconfig(), folder.path().join("kubeconfig")).unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        // The local cluster brings a kubectl; for another one there is that of the machine.
        let local = kubeconfig().with_file_name("bin").join("seaworthy-cluster");
        if local.exists() {
            let script = format!("#!/bin/sh\nexec {} kubectl \"$@\"\n", local.display());
            let path = folder.path().join("bin/kubectl");
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        Self { folder, suffix }
    }

    /// Makes the namespace, unless one of the blocks does, and what is set up in it.
    pub(super) fn open(name: &str, blocks: &[Block]) -> Self {
        let shell = Self::prepare();
        shell.set_up(&format!("kubectl config rename-context \"$(kubectl config current-context)\" {CONTEXT}"));
        if !blocks.iter().any(|block| block.code.contains("create namespace")) {
            shell.set_up("kubectl create namespace harbour");
            shell.set_up("kubectl config set-context --current --namespace=harbour");
        }
        let setup =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/lessons/setups").join(format!("{name}.yaml"));
        if setup.exists() {
            let images = ImagesSettings::default().by_name();
            let fill = |text: String, (name, image): (&&str, &String)| {
                text.replace(&format!("{{{{ images.{name} }}}}"), image)
            };
            let text = images.iter().fold(std::fs::read_to_string(setup).unwrap(), fill);
            shell.write("setup.yaml", &text);
            shell.set_up("kubectl apply -f setup.yaml");
            shell.set_up("kubectl get deployments -o name | xargs -r -n 1 kubectl rollout status --timeout 100s");
        }
        shell
    }

    /// Deletes the namespaces of runs that were killed.
    pub(super) fn delete_leftovers() {
        let list = format!("kubectl get namespaces -o name | {{ grep -e {MARK} || true; }}");
        Self::prepare().set_up(&format!("{list} | xargs -r kubectl delete --wait=false"));
    }

    /// Writes a file that a lesson shows.
    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.work().join(name), self.with_own_names(text)).unwrap();
    }

    /// Runs what a lesson has typed; the answer is what a terminal would show.
    pub(super) fn run(&self, commands: &str) -> String {
        self.execute(commands).1
    }

    fn set_up(&self, commands: &str) {
        let (is_done, printed) = self.execute(commands);
        assert!(is_done, "{commands}: {printed}");
    }

    fn execute(&self, commands: &str) -> (bool, String) {
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("timeout")
            .args([SECONDS, "bash", "-c", &format!("exec 2>&1\n{}", self.with_own_names(commands))])
            .current_dir(self.work())
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).replace(&self.suffix, ""))
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The text with the namespaces of this run in place of those that it names.
    fn with_own_names(&self, text: &str) -> String {
        NAMESPACES.iter().fold(text.to_owned(), |text, name| {
            ["namespace: ", "namespace=", "-n ", "namespace "].iter().fold(text, |text, before| {
                text.replace(&format!("{before}{name}"), &format!("{before}{name}{}", self.suffix))
            })
        })
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for name in NAMESPACES {
            self.execute(&format!("kubectl delete namespace {name} --ignore-not-found --wait=false"));
        }
    }
}
