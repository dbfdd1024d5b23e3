//! Whether there is room for a build.

use std::path::Path;

use crate::problems::Problem;

/// A release build of all functions and this tool take about half of it.
const NEEDED_BYTES: u64 = 6 * 1024 * 1024 * 1024;

/// The problem, if the file system of the target directory is too full for a build.
pub(crate) fn check(target: &Path) -> Option<Problem> {
    // The directory may not be there yet; what it will be made in is.
    let place = target.ancestors().find(|directory| directory.is_dir())?;
    let system = rustix::fs::statvfs(place).ok()?;
    too_small(system.f_bavail.saturating_mul(system.f_frsize), place)
}

fn too_small(free: u64, place: &Path) -> Option<Problem> {
    (free < NEEDED_BYTES).then(|| {
        Problem::new(
            format!(
                "{} has {} left, and a build takes up to {}",
                place.display(),
                crate::shown::mebibytes(free),
                crate::shown::mebibytes(NEEDED_BYTES)
            ),
            "make room, or set CARGO_TARGET_DIR to a larger disk",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told() {
        let told = too_small(1024, Path::new("/small")).unwrap().to_string();
        assert!(told.contains("/small") && told.contains("CARGO_TARGET_DIR"), "{told}");
        assert!(too_small(u64::MAX, Path::new("/")).is_none());
    }
}
