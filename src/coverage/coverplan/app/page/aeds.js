// Places with AEDs that this proposal adds: an edit each; one of the same name takes the place of the one before.
import { desk } from "./desk.js";
import { choose, store } from "./store.js";

const editOf = (row) => store.state.edits.find(({ edit }) => edit.devices && edit.devices.name === row.name);

export const aeds = {
  isMine: (row) => row.kind === "aed" && row.status === "new" && Boolean(editOf(row)),
  count: (row) => editOf(row).edit.devices.devices || 1,
  remove: (row) => desk.takeOut(editOf(row).index),
  async change(row, { at, devices }) {
    const { edit } = editOf(row);
    const next = { ...edit.devices, at: at || edit.devices.at, devices: devices || edit.devices.devices || 1 };
    if (await desk.edit([{ devices: next }])) choose(row.facility_id);
  },
};
