import type { ReactNode } from "react";

interface NoticeProps {
  title: string;
  text?: string;
  /** It is all that the page has to say, so its title is the page's. */
  isPage?: boolean;
  children?: ReactNode;
}

/** Says why there is nothing here, and what can be done. */
export function Notice({ title, text, isPage = false, children }: NoticeProps): ReactNode {
  const Title = isPage ? "h1" : "h2";
  return (
    <div className="notice">
      <Title>{title}</Title>
      {text !== undefined && <p>{text}</p>}
      {children !== undefined && <div className="notice-actions">{children}</div>}
    </div>
  );
}
