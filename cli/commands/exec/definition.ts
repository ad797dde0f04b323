import type { CommandDefinition } from "../../command.ts";

export const exec: CommandDefinition = {
  name: "exec",
  kind: "serves",
  words: [{ name: "<program...>", about: "the program and its arguments, after --" }],
  summary: "run a program with secrets as variables or files, and restart or signal it on a rotation",
  about: [
    "A reference names a member of a secret: app/db.password. With a single --secret, the member is enough: password. The secret's name alone is its whole text. file:<name> in --env is the path of a file that --file writes.",
    "Rotations are pushed by the topic, queue or channel. In addition, the secrets are read again when --ttl is over. A rotation that cannot be read, or that does not fit the template, changes nothing: the program keeps running with what it has.",
    "Signals, standard input and output, and the exit code are the program's. Files are removed at the end, also when rekey is killed; then the program is stopped, too. As process 1 of a container it reaps orphans with /bin/sh, which needs Node.js 22.15 or newer.",
    "Instead of the options for the channel, set REKEY_TOPIC_ARN, REKEY_QUEUE_URL, REKEY_REDIS_URL, REKEY_REDIS_CHANNEL or REKEY_REDIS_KEY_SECRET. The program does not get variables that begin with REKEY_, except REKEY_FILES, the folder of its files. It gets all others, AWS credentials included.",
  ],
  options: [
    { flags: "--secret <id>", about: "name or ARN, or alias=name; may be given several times", many: true },
    { flags: "--env <NAME=reference>", about: "a variable of the program; may be given several times", many: true },
    {
      flags: "--file <path=template>",
      about:
        "a file made of a template, a file itself or a text with {{ reference }}; a name without / is in the folder that REKEY_FILES names, on tmpfs where there is one; may be given several times",
      many: true,
    },
    {
      flags: "--on-rotation <action>",
      about: "restart, signal:<name>, command:<shell command> or none (default: restart)",
    },
    { flags: "--stop-signal <name>", about: "stops the program for a restart (default: TERM)" },
    { flags: "--grace <time>", about: "from the stop signal to SIGKILL (default: 10s)" },
    {
      flags: "--spread <time>",
      about: "a rotation waits a random time up to this, so that a fleet does not restart at once (default: 0s)",
    },
    { flags: "--topic-arn <arn>", about: "rekey's topic: makes a queue for this instance, and removes it at the end" },
    { flags: "--queue-url <url>", about: "a queue of this instance's own that gets the topic's messages" },
    { flags: "--redis-url <url>", about: "rediss://…, without a password; REKEY_REDIS_URL may have one" },
    { flags: "--redis-channel <name>", about: "default: rekey" },
    {
      flags: "--redis-key-secret <id>",
      about: "the secret whose text signs that channel's messages; others are refused",
    },
    { flags: "--ttl <time>", about: "until the secrets are read again without a push (default: 5m)" },
  ],
  examples: [
    "rekey exec --secret app/db --env DB_USER=username --env DB_PASSWORD=password -- node server.js",
    "rekey exec --secret app/db --file db.json=db.json.template --on-rotation signal:HUP -- server",
    "rekey exec --secret app/db --file 'pw={{ password }}' --env PASSWORD_FILE=file:pw -- server",
  ],
  exitCodes: {
    126: "the program cannot be run",
    127: "the program is not there",
  },
  aws: true,
  timeoutMs: false,
  ownSignals: true,
  load: async () => (await import("./run.ts")).run,
};
