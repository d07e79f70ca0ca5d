//! Outputs shown in lessons, from a run: what the lessons' commands print on this cluster is compared with what they show.
//!
//! A block takes part when its first line says `replay=NAME`. Blocks of one name in one file run in order, in one shell's
//! folder and one namespace. A `console` block has its commands behind `$ ` and their outputs below; one without a prompt
//! is the output of the block before it; `sh` runs, and may print anything; a block with a `title` is a file. What stands
//! before the first block is in `setups/NAME.yaml`, if there is one. `shape.rs` has the rule of comparison.

mod blocks;
mod shape;
mod shell;

use std::path::Path;

use blocks::{Block, list_blocks};
use shape::differs;
use shell::Shell;

use crate::site::Hold;

/// So many outputs are compared at the least, so that a mistake in the marks is noticed.
const MIN_COMPARED: usize = 12;

/// What came of the blocks of one name.
#[derive(Default)]
struct Outcome {
    compared: usize,
    differences: Vec<String>,
}

impl Outcome {
    fn compare(&mut self, (block, line): (&Block, usize), command: &str, (shown, printed): (&str, &str)) {
        self.compared += 1;
        if let Some(difference) = differs(shown, printed) {
            let place = format!("{}:{}", block.file, block.first_line + line);
            self.differences.push(format!("{place}: {command}\n{difference}\nit printed:\n{printed}\n"));
        }
    }
}

/// Runs the blocks of one name.
fn replay(name: &str, blocks: &[Block]) -> Outcome {
    let mut outcome = Outcome::default();
    let shell = Shell::open(name, blocks);
    let (mut last_command, mut last_printed) = (String::new(), String::new());
    for block in blocks {
        if let Some(title) = &block.title {
            shell.write(title, &block.code);
        } else if block.language != "console" {
            last_command.clone_from(&block.code);
            last_printed = shell.run(&block.code);
        } else if block.commands().is_empty() {
            outcome.compare((block, 0), &last_command, (&block.code, &last_printed));
        }
        for (line, command, shown) in block.commands() {
            let printed = shell.run(&command);
            outcome.compare((block, line), &command, (&shown, &printed));
        }
    }
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lessons_show_is_what_their_commands_print() {
    let _hold = Hold::shared().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let by_name = list_blocks(&root.join("content"));
    for setup in std::fs::read_dir(root.join("tests/cluster/lessons/setups")).unwrap() {
        let name = setup.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(by_name.contains_key(&name), "no lesson replays {name}");
    }
    Shell::delete_leftovers();
    let run = move |(name, blocks): (String, Vec<Block>)| tokio::task::spawn_blocking(move || replay(&name, &blocks));
    let running: Vec<_> = by_name.into_iter().map(run).collect();
    let mut all = Outcome::default();
    for run in running {
        let Outcome { compared, differences } = run.await.unwrap();
        all.compared += compared;
        all.differences.extend(differences);
    }
    assert!(all.differences.is_empty(), "lessons show something else:\n{}", all.differences.join("\n"));
    assert!(all.compared >= MIN_COMPARED, "only {} outputs were compared", all.compared);
}
