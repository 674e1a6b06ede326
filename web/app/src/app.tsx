import { useSession } from "@feedline/react";
import { NotificationsProvider } from "@feedline/react/notifications";
import { lazy, Suspense, useRef, useState, type ReactNode } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { ComposerProvider, useComposer } from "./composer/composer";
import { LikeProvider } from "./feed/like";
import { FeedSkeleton } from "./feed/skeleton";
import { scrollToTop } from "./feed/use-at-top";
import { useI18n } from "./i18n";
import { EveryonePage } from "./pages/everyone";
import { HomePage } from "./pages/home";
import { NotificationsPage } from "./pages/notifications";
import { PostPage } from "./pages/post";
import { ProfilePage } from "./pages/profile";
import { SignPage } from "./pages/sign";
import { SubscribersPage } from "./pages/subscribers";
import { Unreachable } from "./pages/unreachable";
import { WelcomePage } from "./pages/welcome";
import { Caught } from "./shell/caught";
import { Header } from "./shell/header";
import { HelpDialog } from "./shell/help-dialog";
import { useFocusOnNavigation } from "./shell/use-focus-on-navigation";
import { useScrollOnNavigation } from "./shell/use-scroll-on-navigation";
import { useShortcuts } from "./shell/use-shortcuts";
import { Notice } from "./ui/notice";

/** For the few who may see it; nobody else loads its script. */
const Admin = lazy(() => import("./admin/admin"));
const SettingsPage = lazy(() => import("./pages/settings"));

export function App(): ReactNode {
  const { user } = useSession();
  const showOwnPosts = useShowOwnPosts();
  useScrollOnNavigation();
  return (
    // Another person is another page: nothing of the one before stays on it.
    <NotificationsProvider key={user?.id ?? ""}>
      <ComposerProvider onPublished={showOwnPosts}>
        <LikeProvider>
          <Shell />
        </LikeProvider>
      </ComposerProvider>
    </NotificationsProvider>
  );
}

function Shell(): ReactNode {
  const { t } = useI18n();
  const { user } = useSession();
  const compose = useComposer();
  const [helping, setHelping] = useState(false);
  const main = useRef<HTMLElement>(null);
  useFocusOnNavigation(main);
  const help = () => setHelping(true);
  useShortcuts({ "?": help, ...(user && { n: () => compose({ kind: "new" }) }) });
  return (
    <>
      <a className="skip" href="#content">
        {t.skipToContent}
      </a>
      <Header onHelp={help} />
      <main ref={main} id="content" tabIndex={-1}>
        <Page />
      </main>
      {helping && <HelpDialog onClose={() => setHelping(false)} />}
    </>
  );
}

function Page(): ReactNode {
  const { status, user } = useSession();
  if (status === "checking") return <FeedSkeleton />;
  if (status === "unknown") return <Unreachable />;
  const isSignedIn = status === "signed-in";
  return (
    <Switch>
      <Route path="/">{isSignedIn ? <HomePage /> : <WelcomePage />}</Route>
      <Route path="/everyone">
        <EveryonePage />
      </Route>
      <Route path="/sign-in">{isSignedIn ? <Redirect to="/" replace /> : <SignPage key="in" purpose="sign-in" />}</Route>
      <Route path="/sign-up">{isSignedIn ? <Redirect to="/" replace /> : <SignPage key="up" purpose="sign-up" />}</Route>
      <Route path="/u/:username">{({ username }) => <ProfilePage username={username} />}</Route>
      <Route path="/notifications">{isSignedIn ? <NotificationsPage /> : <Redirect to="/sign-in" replace />}</Route>
      <Route path="/subscribers">{user ? <SubscribersPage userId={user.id} /> : <Redirect to="/sign-in" replace />}</Route>
      <Route path="/settings">
        {user ? (
          <Caught>
            <Suspense fallback={<FeedSkeleton />}>
              <SettingsPage user={user} />
            </Suspense>
          </Caught>
        ) : (
          <Redirect to="/sign-in" replace />
        )}
      </Route>
      <Route path="/p/:id">{({ id }) => <PostPage key={id} id={id} />}</Route>
      {user?.role === "admin" && (
        <Route path="/admin/*?">
          <Caught>
            <Suspense fallback={<FeedSkeleton />}>
              <Admin />
            </Suspense>
          </Caught>
        </Route>
      )}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

function NotFound(): ReactNode {
  const { t } = useI18n();
  return (
    <Notice isPage title={t.noPageTitle} text={t.noPage}>
      <Link href="/" className="button">
        {t.toStart}
      </Link>
    </Notice>
  );
}

/** After publishing, the author sees the post: at the top of this feed, or of their own if this one won't have it. */
function useShowOwnPosts(): () => void {
  const { user } = useSession();
  const [location, navigate] = useLocation();
  const shows = ["/", "/everyone", `/u/${user?.username}`].includes(decodeURI(location));
  return () => {
    if (shows) scrollToTop();
    else navigate("/");
  };
}
