//! The program: reads its arguments, and leaves the rest to the library.

/// Gives memory that a start has used back to the system, which the system's own allocator hardly does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    seaworthy::cli::run().await
}
