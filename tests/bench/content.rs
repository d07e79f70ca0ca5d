//! How fast lessons are read, rendered and searched: the shipped module from cold, and ten thousand lessons, beside the
//! mdBook that `MDBOOK` names on the same files, alternately. `tests/bench/content` installs it and runs this.
//!
//! Each measurement is made in a process of its own. mdBook leaves colouring code to the browser and writes its pages to
//! files; here code is coloured and the pages are kept in memory.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should fail there")]
#![expect(clippy::print_stdout, reason = "it prints its measurements")]

mod lessons;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use seaworthy::lessons::{ContentSettings, Highlighter, Library, Search};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is looked for: words, beginnings, several words, slips of one and two letters.
const QUERIES: [&str; 8] = [
    "service",
    "cluster",
    "traf",
    "runbook postmortem owner",
    "every request of the mesh",
    "clustre",
    "anotation",
    "prometehus",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", folder] => read(Path::new(folder)),
        ["search", folder] => search(Path::new(folder)),
        ["rest", folder] => rest(Path::new(folder)),
        [rounds, lessons] => compare(rounds.parse().unwrap(), lessons.parse().unwrap()),
        [rounds] => compare(rounds.parse().unwrap(), 10_000),
        _ => compare(3, 10_000),
    }
}

fn compare(rounds: usize, count: usize) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let work = tempfile::tempdir().unwrap();
    let many = work.path().join("many");
    lessons::generate(&shipped, &many, count);
    println!(
        "median of the rounds (lowest to highest), the same files, alternately; loaded by what else the machine does"
    );
    for (name, folder, rounds, wanted) in
        [("the shipped module", &shipped, rounds * 7, "50 ms"), ("generated lessons", &many, rounds, "3000 ms")]
    {
        let book = Book::bind(folder, &work.path().join(name));
        let (mut own, mut whole, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=rounds {
            let (inner, outer) = (run_part("read", folder)[0], time_own(folder));
            // The first round fills the caches.
            if round > 0 {
                own.push(inner);
                whole.push(outer);
                other.push(book.build());
            }
        }
        println!("{name}: {} lessons, {} bytes on average, {rounds} rounds", book.lessons, book.bytes / book.lessons);
        println!("  read and rendered          {} ms    wanted: under {wanted}", spread(&mut own));
        println!("  the same as a process      {} ms", spread(&mut whole));
        println!("  mdBook, as a process       {} ms", spread(&mut other));
        println!("  ratio of the processes     {:.3}", whole[whole.len() / 2] / other[other.len() / 2]);
    }
    let [peak, rest] = run_part("rest", &many)[..] else { panic!("two numbers") };
    println!("memory with {count} lessons     {rest:.0} MB at rest, {peak:.0} MB at most    wanted: under 200");
    let found = run_part("search", &many);
    println!("index of {count} lessons made   {:.0} ms, {:.0} MB at rest with it", found[0], found[1]);
    for (query, times) in QUERIES.iter().zip(found[2..].chunks(3)) {
        println!("  {query:28} {:.2} ms ({:.2} to {:.2})    wanted: under 20", times[0], times[1], times[2]);
    }
}

/// A part of this bench in a process of its own.
fn part(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(name).arg(folder).stderr(Stdio::inherit());
    command
}

fn run_part(name: &str, folder: &Path) -> Vec<f64> {
    let output = part(name, folder).output().unwrap();
    assert!(output.status.success(), "{name} failed");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect()
}

fn time_own(folder: &Path) -> f64 {
    let begun = Instant::now();
    assert!(part("read", folder).stdout(Stdio::null()).status().unwrap().success());
    milliseconds(begun)
}

fn load(folder: &Path) -> Library {
    let settings = ContentSettings { folder: Some(folder.to_owned()), watch: false, edit_url: None };
    let labs = ["emissary-linkerd", "day-2-game-day", "prometheus-grafana", "service-annotations"].map(str::to_owned);
    Library::load(&settings, &labs, &Highlighter::load()).unwrap()
}

fn read(folder: &Path) {
    let begun = Instant::now();
    let library = load(folder);
    println!("{}", milliseconds(begun));
    // The end of the process frees what it holds, as the end of mdBook's does.
    std::mem::forget(library);
}

fn rest(folder: &Path) {
    let library = load(folder);
    wait_for_allocator();
    println!("{} {}", megabytes("VmHWM"), megabytes("VmRSS"));
    drop(library);
}

fn search(folder: &Path) {
    const TIMES: usize = 50;
    let search = Search::new(load(folder));
    let begun = Instant::now();
    search.prepare();
    let made = milliseconds(begun);
    wait_for_allocator();
    println!("{made} {}", megabytes("VmRSS"));
    for query in QUERIES {
        let mut lengths: Vec<f64> = (0..TIMES)
            .map(|_time| {
                let begun = Instant::now();
                assert!(!search.find_now(query).hits.is_empty(), "{query} finds nothing");
                milliseconds(begun)
            })
            .collect();
        lengths.sort_by(f64::total_cmp);
        println!("{} {} {}", lengths[TIMES / 2], lengths[0], lengths[TIMES - 1]);
    }
}

/// Longer than the allocator keeps what is not in use.
fn wait_for_allocator() {
    std::thread::sleep(Duration::from_secs(20));
}

fn megabytes(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// The same files as a book.
struct Book {
    folder: PathBuf,
    lessons: usize,
    bytes: usize,
}

impl Book {
    fn bind(content: &Path, folder: &Path) -> Self {
        let mut book = Self { folder: folder.to_owned(), lessons: 0, bytes: 0 };
        let mut summary = "# Summary\n\n".to_owned();
        let mut files = Vec::new();
        lessons::list_lessons(content, &mut files);
        files.sort();
        for file in files {
            let name = file.strip_prefix(content).unwrap();
            let target = folder.join("src").join(name);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            book.bytes += usize::try_from(std::fs::copy(&file, target).unwrap()).unwrap();
            book.lessons += 1;
            writeln!(summary, "- [Lesson {}]({})", book.lessons, name.display()).unwrap();
        }
        std::fs::write(folder.join("src/SUMMARY.md"), summary).unwrap();
        let settings = "[book]\ntitle = \"The same\"\n[output.html.search]\nenable = false\n";
        std::fs::write(folder.join("book.toml"), settings).unwrap();
        book
    }

    fn build(&self) -> f64 {
        let _none_before = std::fs::remove_dir_all(self.folder.join("book"));
        let mut command = Command::new(std::env::var_os("MDBOOK").expect("MDBOOK names the program"));
        let begun = Instant::now();
        let built =
            command.arg("build").arg(&self.folder).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(built.success(), "mdBook failed");
        milliseconds(begun)
    }
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

fn spread(lengths: &mut [f64]) -> String {
    lengths.sort_by(f64::total_cmp);
    let last = lengths.len() - 1;
    format!("{:.1} ({:.1} to {:.1})", lengths[last / 2], lengths[0], lengths[last])
}
