import { useFeedline } from "@feedline/react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { useToast } from "../ui/toasts";
import { WORDS } from "./delivery-words";
import "./delivery.css";
import { Experiments } from "./experiments";
import { useMoment } from "./moment";
import { useWords } from "./words";

const PATH = "/api/admin/realtime";

interface Switch {
  realtime: "on" | "off";
  since: string | null;
}

/** Whether there is live delivery, and for whom. */
export default function Delivery(): ReactNode {
  const words = useWords(WORDS);
  return (
    <>
      <h1>{words.title}</h1>
      <RealtimeSwitch />
      <Experiments />
    </>
  );
}

function RealtimeSwitch(): ReactNode {
  const words = useWords(WORDS);
  const moment = useMoment();
  const { state, turn } = useRealtimeSwitch();
  const [isAsking, setAsking] = useState(false);
  if (!state) return null;
  const isOn = state.realtime === "on";
  return (
    <div className="admin-switch" data-realtime={state.realtime}>
      <p role="status">
        {isOn ? words.isOn : words.isOff} {state.since !== null && <small>{words.since(moment(state.since))}</small>}
      </p>
      <button type="button" className="button" onClick={() => (isOn ? setAsking(true) : void turn("on"))}>
        {isOn ? words.turnOff : words.turnOn}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={words.sure}
          text={words.sureText}
          label={words.turnOff}
          onConfirm={() => turn("off")}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

function useRealtimeSwitch(): { state: Switch | null; turn(way: "on" | "off"): Promise<void> } {
  const { api } = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [state, setState] = useState<Switch | null>(null);
  const failed = useCallback((error: unknown) => toast(describe(error, t)), [toast, t]);
  useEffect(() => void api.call<Switch>("GET", PATH).then(setState, failed), [api, failed]);
  return { state, turn: (way) => api.call<Switch>("PUT", PATH, { realtime: way }).then(setState, failed) };
}
