//! The body of an answer, read to a bound.

use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body;

/// Why a body was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// There is more than is read.
    #[error("it is larger than {} KiB, which is the most that is read", .0 / 1024)]
    TooLarge(usize),
    /// It ended before its end.
    #[error("it broke off: {0}")]
    Broken(String),
}

/// Reads a body of at most `max_bytes`.
pub async fn read_body<B>(body: B, max_bytes: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    match Limited::new(body, max_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(fault) if fault.is::<LengthLimitError>() => Err(BodyError::TooLarge(max_bytes)),
        Err(fault) => Err(BodyError::Broken(fault.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound_and_no_further() {
        let body = |length: usize| Full::new(Bytes::from(vec![b'a'; length]));
        assert_eq!(read_body(body(2048), 2048).await.map(|body| body.len()), Ok(2048));
        let fault = read_body(body(2049), 2048).await.unwrap_err();
        assert_eq!(fault.to_string(), "it is larger than 2 KiB, which is the most that is read");
    }
}
