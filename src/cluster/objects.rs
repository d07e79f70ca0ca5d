//! Get, list, apply, delete and wait, for objects of any kind, as JSON.
//!
//! The kinds come from the labs' files, so the objects are dynamic: [`await_condition`] is of use here, the typed conditions
//! beside it are not.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, LogParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::runtime::wait::{Condition, await_condition};
use kube::{Api, Client};
use serde::Deserialize as _;
use serde_json::Value;

use super::{Cluster, ClusterError, FIELD_MANAGER};

/// How much of a container's log is read.
const MAX_LOG_BYTES: i64 = 128 * 1024;

/// Names one object in the cluster.
#[derive(Clone, Copy, Debug)]
pub struct ObjectName<'a> {
    /// Its API version, such as `apps/v1`.
    pub api_version: &'a str,
    /// Its kind, such as `Deployment`.
    pub kind: &'a str,
    /// Its namespace; none for what belongs to the whole cluster.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
}

impl Cluster {
    /// The object, or `None` when there is none of that name.
    pub async fn get_object(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        let api = api(self.client().await?, api_version, kind, Some(namespace));
        match self.bounded(api.get(name)).await {
            Ok(object) => to_value(object).map(Some),
            Err(ClusterError::NotFound(_)) => Ok(None),
            Err(fault) => Err(name_object(fault, kind, name)),
        }
    }

    /// Every object of a kind in a namespace, or those that `label_selector` selects.
    pub async fn list_objects(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        label_selector: Option<&str>,
    ) -> Result<Vec<Value>, ClusterError> {
        self.list(&api(self.client().await?, api_version, kind, Some(namespace)), label_selector).await
    }

    /// The newest lines of a container, at most so many and so many seconds old; empty while it has not started.
    pub async fn read_log(
        &self,
        namespace: &str,
        (pod, container): (&str, Option<&str>),
        (since_seconds, lines): (u32, u32),
    ) -> Result<String, ClusterError> {
        let pods: Api<Pod> = Api::namespaced(self.client().await?, namespace);
        let params = LogParams {
            container: container.map(str::to_owned),
            since_seconds: Some(since_seconds.into()),
            tail_lines: Some(lines.into()),
            limit_bytes: Some(MAX_LOG_BYTES),
            ..LogParams::default()
        };
        match self.bounded(pods.logs(pod, &params)).await {
            // A container that waits for its image has no log yet, and a pod may be gone since it was listed.
            Err(ClusterError::Invalid(_) | ClusterError::NotFound(_)) => Ok(String::new()),
            answer => answer,
        }
    }

    /// The namespace of that name, if it is there.
    pub async fn find_namespace(&self, name: &str) -> Result<Option<Value>, ClusterError> {
        let api = api(self.client().await?, "v1", "Namespace", None);
        self.bounded(api.get_opt(name)).await?.map(to_value).transpose()
    }

    /// The namespaces that `label_selector` selects.
    pub async fn list_namespaces(&self, label_selector: &str) -> Result<Vec<Value>, ClusterError> {
        self.list(&api(self.client().await?, "v1", "Namespace", None), Some(label_selector)).await
    }

    /// Creates a namespace; one that exists already counts as created when it has all of the wanted labels.
    pub async fn create_namespace(&self, namespace: &Value) -> Result<(), ClusterError> {
        let object = from_value(namespace)?;
        let name = object.metadata.name.clone().unwrap_or_default();
        let api = api(self.client().await?, "v1", "Namespace", None);
        let created = self.bounded(api.create(&PostParams::default(), &object)).await;
        let Err(ClusterError::Conflict(message)) = created else { return created.map(|_created| ()) };
        let Some(existing) = self.bounded(api.get_opt(&name)).await? else {
            return Err(ClusterError::Terminating(message));
        };
        if existing.metadata.deletion_timestamp.is_some() {
            return Err(ClusterError::Terminating(message));
        }
        let (wanted, has) = (object.metadata.labels.unwrap_or_default(), existing.metadata.labels.unwrap_or_default());
        let is_ours = wanted.iter().all(|(key, value)| has.get(key) == Some(value));
        if is_ours { Ok(()) } else { Err(ClusterError::Conflict(message)) }
    }

    /// Starts the deletion of a namespace with its content; success when it is deleted already.
    pub async fn delete_namespace(&self, name: &str) -> Result<(), ClusterError> {
        let api = api(self.client().await?, "v1", "Namespace", None);
        match self.bounded(api.delete(name, &DeleteParams::background())).await {
            // A second deletion of a terminating namespace is answered by a conflict.
            Ok(_) | Err(ClusterError::NotFound(_) | ClusterError::Conflict(_) | ClusterError::Terminating(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Deletes an object; success when it is deleted already.
    pub async fn delete_object(&self, object: &ObjectName<'_>) -> Result<(), ClusterError> {
        let api = api(self.client().await?, object.api_version, object.kind, object.namespace);
        match self.bounded(api.delete(object.name, &DeleteParams::background())).await {
            Ok(_) | Err(ClusterError::NotFound(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Writes an object as given by server-side apply, taking over the fields it names, and answers what it became.
    pub async fn apply(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = from_value(object)?;
        let types = object.types.clone().unwrap_or_default();
        let name = object.metadata.name.clone().unwrap_or_default();
        let namespace = object.metadata.namespace.clone();
        let api = api(self.client().await?, &types.api_version, &types.kind, namespace.as_deref());
        let params = PatchParams::apply(FIELD_MANAGER).force();
        let applied = self.bounded(api.patch(&name, &params, &Patch::Apply(&object))).await;
        to_value(applied.map_err(|fault| name_object(fault, &types.kind, &name))?)
    }

    /// Changes the fields of an object that `patch` names, by a strategic merge; `None` when there is no such object.
    pub async fn patch_object(&self, object: &ObjectName<'_>, patch: &Value) -> Result<Option<Value>, ClusterError> {
        let api = api(self.client().await?, object.api_version, object.kind, object.namespace);
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        match self.bounded(api.patch(object.name, &params, &Patch::Strategic(patch))).await {
            Ok(patched) => to_value(patched).map(Some),
            Err(ClusterError::NotFound(_)) => Ok(None),
            Err(fault) => Err(name_object(fault, object.kind, object.name)),
        }
    }

    /// Watches one object until `holds` is true of it (`None` is passed while it does not exist); `None` when `within` ran
    /// out first.
    pub async fn wait_until(
        &self,
        object: &ObjectName<'_>,
        within: Duration,
        holds: fn(Option<&Value>) -> bool,
    ) -> Result<Option<Value>, ClusterError> {
        let api = api(self.client().await?, object.api_version, object.kind, object.namespace);
        let condition = JsonCondition(holds);
        match tokio::time::timeout(within, await_condition(api, object.name, condition)).await {
            Ok(Ok(found)) => found.map(to_value).transpose(),
            Ok(Err(fault)) => Err(ClusterError::Unreachable(fault.to_string())),
            Err(_elapsed) => Ok(None),
        }
    }

    async fn list(&self, api: &Api<DynamicObject>, label_selector: Option<&str>) -> Result<Vec<Value>, ClusterError> {
        let params = label_selector.map_or_else(ListParams::default, |labels| ListParams::default().labels(labels));
        let found = self.bounded(api.list(&params)).await?;
        // The API server leaves the type out of a list's items.
        let types = found.types;
        let item_kind = types.kind.strip_suffix("List").unwrap_or(&types.kind).to_owned();
        let item_types = kube::core::TypeMeta { api_version: types.api_version, kind: item_kind };
        found
            .items
            .into_iter()
            .map(|mut item| {
                item.types.get_or_insert_with(|| item_types.clone());
                to_value(item)
            })
            .collect()
    }
}

struct JsonCondition(fn(Option<&Value>) -> bool);

impl Condition<DynamicObject> for JsonCondition {
    fn matches_object(&self, object: Option<&DynamicObject>) -> bool {
        match object {
            Some(object) => serde_json::to_value(object).is_ok_and(|value| (self.0)(Some(&value))),
            None => (self.0)(None),
        }
    }
}

fn api(client: Client, api_version: &str, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
        None => Api::all_with(client, &resource),
    }
}

fn to_value(object: DynamicObject) -> Result<Value, ClusterError> {
    serde_json::to_value(object).map_err(|fault| ClusterError::Other(fault.to_string()))
}

fn from_value(value: &Value) -> Result<DynamicObject, ClusterError> {
    DynamicObject::deserialize(value).map_err(|fault| ClusterError::Invalid(fault.to_string()))
}

/// Names the object in an error's message.
fn name_object(fault: ClusterError, kind: &str, name: &str) -> ClusterError {
    let named = |message: String| if message.contains(name) { message } else { format!("{kind} {name}: {message}") };
    match fault {
        ClusterError::Forbidden(message) => ClusterError::Forbidden(named(message)),
        ClusterError::Invalid(message) => ClusterError::Invalid(named(message)),
        ClusterError::NotFound(message) => ClusterError::NotFound(named(message)),
        ClusterError::UnknownKind(_) => ClusterError::UnknownKind(kind.to_owned()),
        fault => fault,
    }
}
