//! How much a template may do.

/// Bounds on one rendering. Passing one ends it with an error; nothing is cut off silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenderLimits {
    /// Bytes of the result, and of each text that a helper or a block makes on the way to it.
    pub max_output_bytes: usize,
    /// Bytes of all texts and lists that are made during the rendering, the result included.
    pub max_work_bytes: usize,
    /// Nodes rendered, helpers called, loop turns taken; a helper counts once more for every KiB that it is
    /// given.
    pub max_steps: u64,
    /// Blocks, subexpressions and partials inside each other.
    pub max_depth: usize,
}

impl Default for RenderLimits {
    fn default() -> Self {
        Self {
            max_output_bytes: 16 << 20,
            max_work_bytes: 64 << 20,
            max_steps: 1_000_000,
            max_depth: 64,
        }
    }
}
