import type { Socket } from "node:net";

/** One packet of the protocol: three bytes of length, its number, its contents. */
function packet(number: number, ...contents: readonly (readonly number[] | string)[]): Buffer {
  const body = Buffer.concat(contents.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, number]), body]);
}

const nonce = "12345678901234567890";

/** A server without TLS that greets, and then answers each packet of the client with the next of these. */
export function greet(socket: Socket, answers: readonly (readonly (readonly number[] | string)[])[]): void {
  const greeting = [
    [10],
    "8.0.40\0",
    [1, 0, 0, 0],
    nonce.slice(0, 8),
    // Protocol 4.1, secure connections, ways of authentication by name; UTF-8.
    [0, 0, 0x82, 255, 2, 0, 0x08, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    `${nonce.slice(8)}\0mysql_native_password\0`,
  ];
  socket.write(packet(0, ...greeting));
  let answered = 0;
  socket.on("data", () => {
    const answer = answers[answered++];
    if (answer !== undefined) socket.write(packet(2 * answered, ...answer));
  });
}

/** Asks for another way of authentication. */
export const switchTo = (plugin: string): readonly (readonly number[] | string)[] => [[254], `${plugin}\0${nonce}\0`];

/** A server without TLS that asks for the password in clear. */
export const askForClearPassword = (socket: Socket): void => greet(socket, [switchTo("mysql_clear_password")]);
