/** An unreachable or silent host is reported after this long, well before any function's own time-out. */
export const connectTimeoutMs = 5_000;

/** How long a server has to show which protocol it speaks, once a login has failed. */
export const probeTimeoutMs = 2_000;

/** How long a connection may take to end by itself before it is cut. */
export const closeTimeoutMs = 1_000;

/** A hundred times what the longest row, error or list takes that a statement of rekey's is answered with. */
export const maxMessageBytes = 1 << 20;

/** For one login, or one statement; a few kilobytes are usual. */
export const maxAnswerBytes = 4 << 20;

/** RFC 7677's least, which is also what a PostgreSQL without the setting uses. */
export const minScramIterations = 4_096;

/** About a second. PostgreSQL's default is 4,096, MongoDB's 10,000 or 15,000; a server may name two thousand millions. */
export const maxScramIterations = 1_000_000;

/** 2^10 rounds, a tenth of a second; a generated password of 128 bits or more needs none. */
export const bcryptRounds = 10;
