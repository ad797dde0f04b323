/** How long a server may take to close a connection before the pool cuts it. */
export const goodbyeMs = 1_000;
