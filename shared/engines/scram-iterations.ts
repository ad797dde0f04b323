/** RFC 7677's least, which is also what a PostgreSQL without the setting uses. */
export const minScramIterations = 4_096;

/** About a second. PostgreSQL's default is 4,096, MongoDB's 10,000 or 15,000; a server may name two thousand millions. */
export const maxScramIterations = 1_000_000;
