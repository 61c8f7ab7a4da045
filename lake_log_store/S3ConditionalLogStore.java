package lake_log_store;

import io.delta.storage.CloseableIterator;
import io.delta.storage.S3SingleDriverLogStore;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.IOUtils;

/**
 * Delta's log on S3, for any number of drivers: a commit is put if nobody was first.
 *
 * <p>The store it extends looks whether the commit is there, then puts it: two drivers that look at
 * once both put, and one commit is lost. Here S3 itself decides (If-None-Match). Class of
 * spark.delta.logStore.s3.impl. Janino compiles this file: no lambdas, and casts instead of
 * inferred type arguments.
 */
public final class S3ConditionalLogStore extends S3SingleDriverLogStore {

    private static final int ATTEMPTS = 5;
    private static final long PAUSE_MILLISECONDS = 200L;

    public S3ConditionalLogStore(Configuration configuration) {
        super(configuration);
    }

    @Override
    public void write(Path path, Iterator actions, Boolean overwrite, Configuration configuration)
            throws IOException {
        byte[] content = lines(actions);
        FileSystem files = path.getFileSystem(configuration);
        if (overwrite.booleanValue()) {
            put(files.create(path, true), content);
        } else {
            putIfAbsent(files, path, content);
        }
    }

    /**
     * S3 may answer 409 to two that put at once, and have neither's commit then (Amazon S3 User
     * Guide, "How to prevent object overwrites with conditional writes"): both may try again.
     */
    private static void putIfAbsent(FileSystem files, Path path, byte[] content)
            throws IOException {
        for (int attempt = 1; true; attempt++) {
            try {
                put(createIfAbsent(files, path), content);
                return;
            } catch (IOException failure) {
                if (stands(files, path, content, failure)) {
                    return;
                }
                if (attempt == ATTEMPTS) {
                    throw failure;
                }
            }
            pause(attempt * PAUSE_MILLISECONDS);
        }
    }

    private static FSDataOutputStream createIfAbsent(FileSystem files, Path path)
            throws IOException {
        FSDataOutputStreamBuilder builder = files.createFile(path);
        builder.must(Options.CreateFileOptionKeys.FS_OPTION_CREATE_CONDITIONAL_OVERWRITE, true);
        return (FSDataOutputStream) builder.build();
    }

    /**
     * Whether the commit stands after all; false when there is none. A request whose answer was
     * lost is sent again, and is then refused because of itself; a commit is like no other, since
     * it names its transaction.
     */
    private static boolean stands(FileSystem files, Path path, byte[] content, IOException failure)
            throws IOException {
        byte[] found;
        try {
            found = read(files, path);
        } catch (FileNotFoundException absent) {
            return false;
        } catch (IOException unread) {
            failure.addSuppressed(unread);
            throw failure;
        }
        if (!Arrays.equals(found, content)) {
            FileAlreadyExistsException lost = new FileAlreadyExistsException(path.toString());
            lost.initCause(failure);
            throw lost;
        }
        return true;
    }

    private static void pause(long milliseconds) throws IOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted before a commit was put again");
        }
    }

    private static byte[] lines(Iterator actions) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        while (actions.hasNext()) {
            content.write(((String) actions.next()).getBytes(StandardCharsets.UTF_8));
            content.write('\n');
        }
        return content.toByteArray();
    }

    private static void put(FSDataOutputStream stream, byte[] content) throws IOException {
        boolean whole = false;
        try {
            stream.write(content);
            whole = true;
        } finally {
            // To close the stream would put the part of the commit that it has.
            if (!whole) {
                stream.abort();
            }
        }
        stream.close();
    }

    private static byte[] read(FileSystem files, Path path) throws IOException {
        FSDataInputStream stream = files.open(path);
        try {
            return IOUtils.readFullyToByteArray(stream);
        } finally {
            stream.close();
        }
    }
}
