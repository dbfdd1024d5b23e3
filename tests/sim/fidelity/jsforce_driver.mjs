// Drives the simulator with the unmodified jsforce and prints what the client saw as one JSON object.
//
// Standard input is a JSON object: base_url, client_id, client_secret, username, password, security_token,
// assertion (a signed JWT), object, url_field, and updates (a list of rows for each kind of update).

import { text } from 'node:stream/consumers';
import jsforce from 'jsforce';

const given = JSON.parse(await text(process.stdin));
const { object, url_field: urlField } = given;
const polling = { pollInterval: 10, pollTimeout: 60_000 };
const report = { logins: {} };

/** Logs in one way and keeps what the client learnt. */
async function login(name, how) {
  const connection = new jsforce.Connection({
    loginUrl: given.base_url,
    instanceUrl: given.base_url,
    version: '66.0',
    oauth2: {
      loginUrl: given.base_url,
      clientId: given.client_id,
      clientSecret: given.client_secret,
    },
  });
  const user = await how(connection);
  const limits = await connection.request('/limits');
  report.logins[name] = { organization: user.organizationId, limits: limits.DailyApiRequests.Max };
  return connection;
}

// SOAP login() ends with version 64.0.
await login('soap', (connection) => {
  connection.version = '64.0';
  return connection.login(given.username, given.password + given.security_token);
});
await login('password', (connection) =>
  connection.loginByOAuth2(given.username, given.password + given.security_token),
);
await login('client_credentials', (connection) =>
  connection.authorize({ grant_type: 'client_credentials' }),
);
const connection = await login('jwt', (connection) =>
  connection.authorize({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: given.assertion,
  }),
);

const fields = `Id, Name, ${urlField}, Account__r.Name, SystemModstamp`;
const rows = await connection.query(`SELECT ${fields} FROM ${object} ORDER BY Id`, {
  autoFetch: true,
  maxFetch: 100_000,
});
report.query = {
  total: rows.totalSize,
  done: rows.done,
  ids: rows.records.map((row) => row.Id),
  first: rows.records[0],
};
report.versions = (await connection.request('/services/data')).length;
const description = await connection.describe(object);
report.describe = Object.fromEntries(description.fields.map((field) => [field.name, field.length]));

// One page only: jsforce 3.10 writes after the end of its stream when a result has several pages.
const stream = await connection.bulk2.query(`SELECT ${fields} FROM ${object}`, polling);
report.bulk = await stream.toArray();

report.collections = await connection
  .sobject(object)
  .update(given.updates.collections, { allOrNone: false });

report.ingest = await connection.bulk2.loadAndWaitForResults({
  object,
  operation: 'update',
  input: given.updates.ingest,
  ...polling,
});

process.stdout.write(JSON.stringify(report));
