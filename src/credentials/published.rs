//! Documents that anybody may ask for, kept as they were made until what they say changes.
//!
//! Signing costs milliseconds of a processor and anybody may ask, so a document is made once for each change, by one at a
//! time, and not on a thread that answers requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

/// How many documents are kept; there is one for every 131,072 credentials, and the issuer's.
const MAX_KEPT: usize = 64;

/// A document, and the version of the facts that it was made from.
#[derive(Debug)]
struct Document {
    version: String,
    text: Arc<str>,
}

/// The documents by their names; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Published(Arc<Mutex<BTreeMap<String, Document>>>);

impl Published {
    /// The document called `name`, made anew when the one that is kept is of another `version`.
    pub(super) async fn get(
        &self,
        name: &str,
        version: String,
        make: impl AsyncFnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<Arc<str>> {
        let mut kept = self.0.lock().await;
        if let Some(document) = kept.get(name).filter(|document| document.version == version) {
            return Ok(Arc::clone(&document.text));
        }
        let text: Arc<str> = make().await?.into();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(name.to_owned(), Document { version, text: Arc::clone(&text) });
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_document_is_made_once_for_each_change_however_many_ask() {
        let (published, count) = (Published::default(), AtomicUsize::new(0));
        let ask = async |version: &'static str| {
            let make = async || {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok(format!("as of {version}"))
            };
            published.get("list", version.to_owned(), make).await
        };
        let answers = futures_util::future::join_all((0..20).map(|_| ask("1"))).await;
        assert!(answers.into_iter().all(|text| &*text.unwrap() == "as of 1"));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert_eq!(&*ask("2").await.unwrap(), "as of 2");
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn what_could_not_be_made_is_tried_again() {
        let published = Published::default();
        let failed = published.get("list", "1".to_owned(), async || anyhow::bail!("no key")).await;
        assert!(failed.is_err());
        assert_eq!(&*published.get("list", "1".to_owned(), async || Ok("made".to_owned())).await.unwrap(), "made");
    }
}
