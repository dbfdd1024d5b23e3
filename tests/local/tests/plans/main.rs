//! What the product plans for the records of the generated data sets, compared with what these expect.

mod combinations;
mod expectations;
mod support;
