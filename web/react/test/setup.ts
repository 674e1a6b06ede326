import { configure } from "@testing-library/react";

// Testing Library waits a second for what must come: too little on a busy machine, and more costs nothing when all is well.
configure({ asyncUtilTimeout: 30_000 });
