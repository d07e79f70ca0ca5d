//! The program: reads its arguments, and leaves the rest to the library.

/// Returns the memory that a start has used to the system within seconds, by a thread of its own.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    seaworthy::cli::run().await
}
