//! The program: reads its arguments, and leaves the rest to the library.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    seaworthy::cli::run().await
}
