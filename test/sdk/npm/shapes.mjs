// What the programs of this folder share: shapes that answers are compared with, and the run of a case for every method of an SDK.
import assert from "node:assert/strict";

// like fails unless answer has the keys of shape, each of that type ("string", "integer", "number", "boolean", "object", "time"), as a
// function of value and place allows it, or of that shape itself.
export function like(answer, shape, at = "answer") {
  for (const [key, want] of Object.entries(shape)) {
    const value = answer?.[key];
    const where = `${at}.${key} = ${JSON.stringify(value)}`;
    if (typeof want === "function") want(value, where);
    else if (want === "integer") assert.ok(Number.isInteger(value), where);
    else if (want === "time") assert.ok(!Number.isNaN(Date.parse(value)), where);
    else if (typeof want === "string") assert.equal(typeof value, want, where);
    else like(value, want, `${at}.${key}`);
  }
  return answer;
}
export const is = (want) => (value, where) => assert.deepEqual(value, want, where);
export const matches = (pattern) => (value, where) => assert.match(value, pattern, where);
export const list = (shape) => (value, where) => {
  assert.ok(Array.isArray(value) && value.length > 0, where);
  value.forEach((element, i) => (typeof shape === "string" ? assert.equal(typeof element, shape, where) : like(element, shape, `${where}[${i}]`)));
};
export const hex = matches(/^[0-9a-f]{32}$/);

// methods are the functions of an object, or of a class: its own and those that its instances have.
export function methods(object) {
  const of = (o) => Object.getOwnPropertyNames(o).filter((name) => typeof Object.getOwnPropertyDescriptor(o, name).value === "function");
  if (typeof object !== "function") return of(object);
  const inherited = new Set();
  for (let proto = object.prototype; proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) of(proto).forEach((name) => inherited.add(name));
  return [...new Set([...of(object), ...inherited])].filter((name) => name !== "constructor" && name !== "prototype");
}

// run takes groups of the names that an SDK has (known), cases by name, and reasons for the names without one (left). It runs the
// cases in their order and prints a line for each. A name that has neither a case nor a reason, or that the SDK does not have, fails.
// It resolves to the number of failures.
export async function run(groups) {
  let failures = 0;
  const report = (name, error) => {
    console.log(error ? `FAILED ${name}: ${error.stack ?? JSON.stringify(error)}` : `ok ${name}`);
    if (error) failures++;
  };
  for (const { name, known, cases, left = {} } of groups) {
    for (const method of known) if (!cases[method] && !left[method]) report(`${name}.${method}`, new Error("the SDK has this method, and there is neither a case nor a reason"));
    for (const method of [...Object.keys(cases), ...Object.keys(left)]) if (!known.includes(method)) report(`${name}.${method}`, new Error("the SDK has no such method"));
    for (const [method, call] of Object.entries(cases)) {
      try {
        await call();
        report(`${name}.${method}`);
      } catch (error) {
        report(`${name}.${method}`, error);
      }
    }
  }
  console.log(`${failures} failed`);
  return failures;
}
