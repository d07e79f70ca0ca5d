//! The labs that the course names, for a folder of labs with others or changed ones.

use std::path::Path;

/// Puts each lab that the course names into `folder` that has no lab of that name.
///
/// `service-annotations` is that of `tests/labs`: five tasks about one Service, by which grading itself is tested whatever
/// becomes of the shipped lab.
pub(crate) fn link_shipped_labs(folder: &Path) {
    for labs in ["tests/labs", "labs"] {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(labs)).unwrap() {
            let shipped = entry.unwrap();
            let place = folder.join(shipped.file_name());
            if !place.exists() {
                std::os::unix::fs::symlink(shipped.path(), place).unwrap();
            }
        }
    }
}
