/** How long a server may take to close a connection that was ended in order; then it is cut. */
export const goodbyeMs = 1_000;
