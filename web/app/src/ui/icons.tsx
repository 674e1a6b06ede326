import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const PencilIcon = () => (
  <Icon>
    <path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />
  </Icon>
);
export const TrashIcon = () => (
  <Icon>
    <path d="M4 7h16M10 4h4M6 7l1 13h10l1-13M10 11v6M14 11v6" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="M6 6l12 12M18 6L6 18" />
  </Icon>
);
export const LockIcon = () => (
  <Icon>
    <path d="M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3" />
  </Icon>
);
export const RefreshIcon = () => (
  <Icon>
    <path d="M20 12a8 8 0 1 1-2.5-5.8M20 3v4h-4" />
  </Icon>
);
export const ArrowUpIcon = () => (
  <Icon>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
);
export const HeartIcon = () => (
  <Icon>
    <path d="M12 20s-7.5-4.6-7.5-10.2A4.3 4.3 0 0 1 12 7a4.3 4.3 0 0 1 7.5 2.8C19.5 15.4 12 20 12 20z" />
  </Icon>
);
export const CommentIcon = () => (
  <Icon>
    <path d="M5 5h14a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 17h-7l-4.5 3.5V17H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 5z" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M5.5 12v.01M12 12v.01M18.5 12v.01" strokeWidth="3" />
  </Icon>
);
export const BellIcon = () => (
  <Icon>
    <path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0" />
  </Icon>
);
export const PictureIcon = () => (
  <Icon>
    <path d="M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9.5v.01" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="M5 12.5l4.5 4.5L19 7.5" />
  </Icon>
);
export const VerifiedIcon = ({ label }: { label: string }) => (
  <svg className="verified" viewBox="0 0 20 20" role="img" aria-label={label}>
    <circle cx="10" cy="10" r="9" />
    <path d="M6 10.2l2.7 2.7L14 7.6" />
  </svg>
);

/** The mark: a line with posts hanging on it, the newest one lit. */
export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path className="mark-line" d="M8 5v22" />
    <circle className="mark-live" cx="8" cy="8" r="4.5" />
    <path className="mark-post" d="M17 8h10M17 16h8M17 24h6" />
    <circle className="mark-dot" cx="8" cy="16" r="2.5" />
    <circle className="mark-dot" cx="8" cy="24" r="2.5" />
  </svg>
);
