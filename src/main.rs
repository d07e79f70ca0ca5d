//! The program: reads its arguments, and leaves the rest to the library.

/// Returns the memory that a start has used to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    seaworthy::cli::run().await
}
