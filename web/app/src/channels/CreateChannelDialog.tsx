import { ParleyError, type User } from "@parley/client";
import { useState } from "react";
import { useAppDispatch, useAppSelector } from "../store";
import { createChannel } from "../store/channelThunks";
import { viewDialogChanged } from "../store/viewSlice";
import { Button } from "../ui/Button";
import { SelectField, Switch, TextArea, TextField } from "../ui/fields";
import { TitledDialog } from "../ui/TitledDialog";
import { Unsaved } from "../ui/Unsaved";
import { PeoplePicker } from "./PeoplePicker";

const NAME = 100;
const DESCRIPTION = 500;

/** Makes a channel of people's own; those of the CRM's projects and departments come by themselves. */
export function CreateChannelDialog() {
  const dispatch = useAppDispatch();
  const me = useAppSelector((state) => state.session.ready?.user);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [type, setType] = useState<"project" | "department">("project");
  const [isPrivate, setPrivate] = useState(false);
  const [forClients, setForClients] = useState(false);
  const [people, setPeople] = useState<User[]>([]);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const close = () => dispatch(viewDialogChanged(null));
  const mayClients = me?.role === "admin" || me?.role === "manager";
  const create = async () => {
    if (!name.trim() || busy) return;
    setBusy(true);
    setProblem("");
    try {
      const isInternal = !forClients;
      const memberIds = people.map(({ _id }) => _id);
      await dispatch(createChannel({ channelType: type, name: name.trim(), description: description.trim(), is_private: isPrivate, isInternal, memberIds }));
    } catch (error) {
      setProblem(ParleyError.of(error).message);
      setBusy(false);
    }
  };
  const footer = (
    <>
      <Button onClick={close}>Cancel</Button>
      <Button type="submit" tone="primary" testId="create-channel" disabled={!name.trim() || busy}>
        Create channel
      </Button>
    </>
  );
  return (
    <TitledDialog title="New channel" onClose={close} onSubmit={() => void create()} footer={footer}>
      <Unsaved when={name.trim() !== "" || description.trim() !== "" || people.length > 0} />
      {problem && <p className="form-problem" role="alert">{problem}</p>}
      <TextField label="Name" testId="channel-name" autoFocus required maxLength={NAME} value={name} placeholder="For example: Website relaunch" onChange={(event) => setName(event.target.value)} />
      <TextArea label="Description" testId="channel-description" maxLength={DESCRIPTION} value={description} placeholder="What it is about" rows={2} onChange={(event) => setDescription(event.target.value)} />
      <SelectField
        label="Kind"
        value={type}
        options={[
          { value: "project", label: "About a topic or project" },
          { value: "department", label: "Of a department" },
        ]}
        onPick={(value) => setType(value as typeof type)}
      />
      <Switch label="Private" hint="Only who is added sees it" testId="channel-private" on={isPrivate} onChange={setPrivate} />
      {mayClients && <Switch label="Clients may be in it" hint="Otherwise it is internal for ever" on={forClients} onChange={setForClients} />}
      <PeoplePicker label="People" picked={people} onChange={setPeople} {...(me ? { without: [me._id] } : {})} />
    </TitledDialog>
  );
}
