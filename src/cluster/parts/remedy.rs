//! The command that puts a missing part into a cluster, for whoever runs it.

use std::path::{Path, PathBuf};

use super::model::PartKind;
use crate::cluster::ClusterSettings;
use crate::cluster::connection::{Source, local_folder};

/// The folder that `deploy/local/start` uses when it is told none.
const LOCAL_FOLDER: &str = "/var/lib/seaworthy-cluster";

/// The local cluster starts its own parts; whatever is missing of others is installed.
pub(super) fn find_remedy(source: &Source, settings: &ClusterSettings, kind: PartKind) -> String {
    let is_local = source.is_local(settings);
    if is_local && read_replacement(settings, kind).is_none() {
        let folder = local_folder(settings);
        if folder == Path::new(LOCAL_FOLDER) {
            return "deploy/local/start".to_owned();
        }
        return format!("deploy/local/start {}", quote(folder));
    }
    let install = format!("deploy/cluster/install {}", kind.as_str());
    match source {
        Source::File(path) if path.parent() != Some(Path::new(LOCAL_FOLDER)) => {
            format!("KUBECONFIG={} {install}", quote(path))
        }
        Source::File(_) | Source::Pod => install,
    }
}

/// What took the place of a part of the local cluster, if something did.
pub(super) fn read_replacement(settings: &ClusterSettings, kind: PartKind) -> Option<String> {
    let marker = format!("{}.replaced", kind.as_str());
    let path: PathBuf = local_folder(settings).join("parts").join(marker);
    Some(std::fs::read_to_string(path).ok()?.trim().to_owned())
}

/// A path as a shell reads it.
fn quote(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter)) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(folder: &Path) -> (Source, ClusterSettings) {
        let settings = ClusterSettings { status_file: folder.join("status.json"), ..ClusterSettings::default() };
        (Source::File(folder.join("kubeconfig")), settings)
    }

    #[test]
    fn the_local_cluster_starts_its_parts_and_another_has_them_installed() {
        let (source, settings) = local(Path::new(LOCAL_FOLDER));
        assert_eq!(find_remedy(&source, &settings, PartKind::Mesh), "deploy/local/start");
        let (source, settings) = local(Path::new("/home/ada/my cluster"));
        assert_eq!(find_remedy(&source, &settings, PartKind::Mesh), "deploy/local/start '/home/ada/my cluster'");
        let own = Source::File("/home/ada/it's".into());
        let expected = r"KUBECONFIG='/home/ada/it'\''s' deploy/cluster/install mesh";
        assert_eq!(find_remedy(&own, &settings, PartKind::Mesh), expected);
        assert_eq!(find_remedy(&Source::Pod, &settings, PartKind::Traces), "deploy/cluster/install traces");
    }

    #[test]
    fn a_real_part_in_the_local_cluster_is_installed_again() {
        let folder = tempfile::tempdir().unwrap();
        let (source, settings) = local(folder.path());
        std::fs::create_dir(folder.path().join("parts")).unwrap();
        std::fs::write(folder.path().join("parts/mesh.replaced"), "Linkerd\n").unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        let expected = format!("KUBECONFIG={} deploy/cluster/install mesh", kubeconfig.display());
        assert_eq!(find_remedy(&source, &settings, PartKind::Mesh), expected);
        assert!(find_remedy(&source, &settings, PartKind::Ingress).starts_with("deploy/local/start "));
    }
}
